/* SPDX-License-Identifier: GPL-2.0-or-later */
/* x */
int main(void);
int main(void){return 0;}
