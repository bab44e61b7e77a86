"""What turns facts into facts: rules, agents and the engine that runs them."""
