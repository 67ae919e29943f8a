"""What runs on the demo's stage goes on running."""

from pathlib import Path

from console.demo.stage import Stage


def test_a_role_that_ended_is_started_again(tmp_path: Path) -> None:
    """As an orchestrator would, and one is told; a role that runs is left alone."""
    with Stage(tmp_path, "127.0.0.1:1", 1) as stage:
        program = stage.role("delivery", "delivery")
        program.start()
        assert list(stage.revive()) == []
        program.kill()
        (line,) = stage.revive()
        assert "delivery had ended" in line
        assert program.running
