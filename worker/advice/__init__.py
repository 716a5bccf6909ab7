"""What advice on a work of any medium shares: aims, usual figures, evidence, rules kept as data."""
