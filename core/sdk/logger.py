"""Loggers for code in steps: the standard library's, whose output lands in the step's log like all else."""

import logging

get_logger = logging.getLogger
