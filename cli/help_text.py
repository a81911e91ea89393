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
  pipeline            Show the pipelines that have runs.
  artifact            Show the artifacts that have a name.
  init                Mark a folder as the root of a project.
  status              Show which stack applies here, and why.
  version             Show the version of podium.
  stack               Register, choose, check, share and delete stacks.
  apply               Bring the store to what files say.
  orchestrator        Register, show, change and delete orchestrators.
  artifact-store      Register, show, change and delete artifact-stores.
  container-registry  Register, show, change and delete...
  image-builder       Register, show, change and delete image-builders.
  service-connector   Keep credentials for a service once, and connect...
  secret              Keep secrets apart from the configuration, which...
  flavor              Show the flavors of every kind of component.
  integration         Install what flavors and connectors of other...
  config              Explain what podium's configuration is here, and...
  doctor              Say what is wrong here, and what mends it.
  completion          Print what makes a shell complete commands, options...

  Exit codes:
    0  done               4  no access
    1  failed             5  conflict, or in use
    2  wrong usage        6  missing extra or tool
    3  not found          8  still running         130  interrupted
"""
