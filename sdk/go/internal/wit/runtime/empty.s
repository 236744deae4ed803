// This file allows functions without a body, such as runtime.sbrk.
