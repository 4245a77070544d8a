# SPDX-License-Identifier: GPL-2.0-or-later
def round_of(matrix, path):
    return []
def tell(matrix, live):
    pass
def summary(live, flow):
    return "-"
