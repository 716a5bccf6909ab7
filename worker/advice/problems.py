"""What is wrong with a file of rules."""


class RuleError(ValueError):
    """A rule file cannot be used; ``rule`` is the id of the rule (or the figure) at fault."""

    def __init__(self, rule: str, problem: str) -> None:
        super().__init__(f"{rule}: {problem}")
        self.rule = rule
        self.problem = problem
