"""Runs on a host with Docker Compose: what lies there for each, and the supervisor that needs no process of podium's.

One submission of a run is a folder of the user's own (0700), `<work folder>/runs/<run id>.<submission>`:

    podium-run            marks the folder as podium's: clean-up touches no other
    compose.yaml          one service for each job (document.py)
    compose.v2.yaml       what Compose v2 is told beside it, where jobs have mounts
    graph                 a line for each step: its service, thousandths of a processor, the services it waits for
    run.conf              shell assignments that supervise.sh reads (bundle.py)
    supervise.sh          starts the services in their order, in POSIX sh: start, status, output, cancel, login
    containers.sh         what it does with Docker and Compose
    secrets/<job>.json    0600, mounted into one container; removed when the last job has ended
    docker/               the run's own logins of registries; removed when the images are there
    ends/<job>            how each job's container ended, as the last job reads it (contracts/graph_orchestrator.py)
    state/                what the supervisor keeps: who it is, which jobs it has started, its log, how the run ended
"""
