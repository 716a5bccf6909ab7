"""What tests share: servers started from wheels, small builders."""
