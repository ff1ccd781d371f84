"""What any drawing can ask of the office systems: tell people, remind them, register what was filed."""
