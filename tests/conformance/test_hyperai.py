"""Whole runs on a remote machine, which Docker Compose walks through there: what a run does and shows is the same.

Each step is a container that imports the client of S3 first, so a test takes two processors ten seconds and more. What
jobs do by themselves is the code that `local_docker` is tested with, and is tested here from PODIUM_TEST_SCALE=10 on.
"""

import os

import pytest
from conformance.admission import Admission
from conformance.compose_stack import cloud, remote_image, stack
from conformance.interrupts import STUBBORN, Interrupts
from conformance.isolation import Isolation
from conformance.orphans import GoOnWithoutTheirClient
from conformance.outcomes import Outcomes
from conformance.step_logs import StepLogs
from conformance.workspace import Workspace

__all__ = ["cloud", "remote_image", "stack"]


class OnHyperAI:
    @pytest.fixture(autouse=True)
    def _on_stack(self, workspace: Workspace, stack: str):
        workspace.environment["PODIUM_STACK"] = stack


class TestHyperAI(OnHyperAI, GoOnWithoutTheirClient):
    test_steps_pass_values_on = Outcomes.test_steps_pass_values_on
    test_a_step_whose_process_dies = Outcomes.test_a_step_whose_process_dies_fails_alone_and_that_is_said
    test_cancel_from_another_process = Interrupts.test_cancel_from_another_process
    test_a_failed_run_is_resumed = Interrupts.test_a_failed_run_is_resumed_with_the_code_as_it_is_now
    test_a_detached_run_goes_on_by_itself = Interrupts.test_a_detached_run_goes_on_by_itself
    test_a_log_is_read_while_the_step_runs = StepLogs.test_a_log_is_read_while_the_step_runs
    test_steps_that_can_never_run = Admission.test_steps_that_can_never_run_are_refused_before_anything_does

    def test_ctrl_c_ends_the_run_soon(self, workspace: Workspace):
        Interrupts().test_ctrl_c_ends_the_run_soon(workspace, STUBBORN["ignoring SIGTERM"])

    def test_of_two_resumes_at_once_one_wins(self, workspace: Workspace):
        Interrupts().test_of_two_resumes_at_once_one_wins(workspace, "")


if float(os.environ.get("PODIUM_TEST_SCALE", "1")) >= 10:

    class TestHyperAIAtLength(OnHyperAI):
        test_execution_modes = Outcomes.test_execution_modes
        test_a_time_out_ends_the_whole_process_tree = Outcomes.test_a_time_out_ends_the_whole_process_tree
        test_the_failure_hook_of_a_killed_step = Outcomes.test_the_failure_hook_is_called_for_a_step_that_was_killed
        test_all_that_a_step_prints = StepLogs.test_all_that_a_step_prints_is_in_its_own_log
        test_bytes_that_are_no_text = StepLogs.test_bytes_that_are_no_text_and_long_lines_are_kept
        test_steps_that_ask_for_little = Admission.test_steps_that_ask_for_little_run_side_by_side
        test_environment_reaches_only_its_own_step = Isolation.test_environment_reaches_only_its_own_step

        def test_ctrl_c_ends_children(self, workspace: Workspace):
            Interrupts().test_ctrl_c_ends_the_run_soon(workspace, STUBBORN["child"])
