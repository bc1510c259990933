"""placeholder"""
import numpy as np
def coded_lengths(x): return x
