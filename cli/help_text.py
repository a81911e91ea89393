"""What `podium --help` prints, made by `render_help` and kept true by a test."""

HELP = """\
Usage: podium [OPTIONS] COMMAND [ARGS]...

  Run the same Python pipeline anywhere, with one command line and no server.

Options:
  --debug     Show the traceback of an error (also: PODIUM_DEBUG=1).
  --version   Show the version and exit.
  -h, --help  Show this message and exit.

Commands:
  run                 Run the pipeline of a file.
  runs                List, show, follow, cancel, resume and delete runs.
  pipeline            Show pipelines, build their images, and look after...
  artifact            Show the artifacts that have a name.
  image               Show and remove images that podium built.
  init                Mark a folder as the root of a project.
  status              Show which stack applies here, and why.
  version             Show the version of podium.
  stack               Register, choose, check, share and delete stacks.
  apply               Bring the store to what files say.
  orchestrator        Register, change and delete orchestrators.
  artifact-store      Register, change and delete artifact-stores.
  container-registry  Register, change and delete container-registries.
  image-builder       Register, change and delete image-builders.
  service-connector   Keep credentials for services, and share them.
  secret              Keep secrets, to refer to as {{name.key}}.
  flavor              Show the flavors of every kind of component.
  integration         Install the SDKs of flavors and connectors.
  config              Explain the configuration, and where it comes from.
  doctor              Say what is wrong here, and what mends it.
  completion          Print the completion script of a shell.

  Exit codes:
    0  done               4  no access
    1  failed             5  conflict, or in use
    2  wrong usage        6  missing extra or tool
    3  not found          8  still running         130  interrupted
"""
