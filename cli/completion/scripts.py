"""What each shell evaluates: it asks `podium __complete WORD...` and offers the lines it gets, or files for none."""

from __future__ import annotations

SCRIPTS = {
    "bash": """\
_podium() {
    local IFS=$'\\n'
    COMPREPLY=($("$1" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _podium podium
""",
    "zsh": """\
#compdef podium
_podium() {
    local -a found
    found=(${(f)"$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)"})
    if (( ${#found} )); then
        compadd -a found
    else
        _files
    fi
}
if [[ "${funcstack[1]}" == _podium ]]; then
    _podium "$@"
else
    compdef _podium podium
fi
""",
    "fish": """\
function __podium_complete
    set -l before (commandline -opc)
    set -l last (commandline -ct)
    set -l found ($before[1] __complete $before[2..-1] "$last" 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\\n' $found
    else
        __fish_complete_path "$last"
    end
end
complete -c podium -f -a '(__podium_complete)'
""",
    "powershell": """\
Register-ArgumentCompleter -Native -CommandName podium -ScriptBlock {
    param($last, $command, $position)
    $words = @($command.CommandElements | Where-Object { $_.Extent.StartOffset -lt $position } | ForEach-Object {
        "$_"
    })
    if (-not $last) { $words += ' ' }
    $program, $words = $words
    & $program __complete @words 2>$null | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
}
""",
}
