"""What submissions are judged by is collected when one is graded, and not as tests of ours."""

collect_ignore = ["task"]
