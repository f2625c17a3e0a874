# The guest of the component tests: a boot sector that shows what a machine gives to its guest.
#
# It counts its boots in the disk's second sector and prints "boot N", prints the first fw_cfg file
# whose name begins with opt/ as "fw_cfg CONTENT", prints "ready", and then echoes what is typed;
# R restarts the machine, S makes it deaf, and the ACPI power button powers it off.
#
# test-guest.ts holds it assembled:
#   as --32 -o guest.o test-guest.S
#   ld -m elf_i386 -Ttext 0x7c00 --oformat binary -o guest.img guest.o
.code16
.globl _start
_start:
 xor %ax,%ax
 mov %ax,%ds
 mov %ax,%es
 mov %ax,%ss
 mov $0x7000,%sp
 mov %dl,drive
# serial: 115200 8n1
 mov $0x3fb,%dx
 mov $0x03,%al
 out %al,%dx
# count: read sector 2 to 0x8000, add one to its first byte, write back
 mov $0x02,%ah
 call disk
 incb 0x8000
 mov $0x03,%ah
 call disk
 mov $boottext,%si
 call print
 mov 0x8000,%al
 add $'0',%al
 call putc
 call newline
# fw_cfg: the first file below opt/
 mov $0x19,%ax
 call select
 call in32
 mov %ebx,%ecx
entry:
 call in32
 mov %ebx,%edi
 call in32
 shr $16,%ebx
 mov %bx,%bp
 call in32
 xor $0x6f70742f,%ebx
 pushf
 push %cx
 mov $52,%cx
skip: in %dx,%al
 loop skip
 pop %cx
 popf
 jz found
 loop entry
 jmp ready
found:
 mov %bp,%ax
 call select
 mov $fwtext,%si
 call print
 mov %di,%cx
copy:
 mov $0x511,%dx
 in %dx,%al
 call putc
 loop copy
 call newline
ready:
 mov $readytext,%si
 call print
# power button: PM1a enable bit 8, then status bit 8
 mov $0x602,%dx
 mov $0x100,%ax
 out %ax,%dx
poll:
 mov $0x600,%dx
 in %dx,%ax
 test $0x100,%ax
 jnz off
 mov $0x3fd,%dx
 in %dx,%al
 test $1,%al
 jz poll
 mov $0x3f8,%dx
 in %dx,%al
 cmp $'R',%al
 je restart
 cmp $'S',%al
 je stuck
 call putc
 jmp poll
off:
 mov $offtext,%si
 call print
 mov $0x604,%dx
 mov $0x2000,%ax
 out %ax,%dx
 jmp .
stuck:
 mov $stucktext,%si
 call print
 jmp .
restart:
 mov $0xcf9,%dx
 mov $6,%al
 out %al,%dx
 jmp .
disk:
 mov $0x01,%al
 mov $0x8000,%bx
 mov $0x0002,%cx
 mov drive,%dl
 mov $0,%dh
 int $0x13
 ret
select:
 mov $0x510,%dx
 out %ax,%dx
 inc %dx
 ret
in32:
 mov $0x511,%dx
 push %cx
 mov $4,%cx
1: shl $8,%ebx
 in %dx,%al
 mov %al,%bl
 loop 1b
 pop %cx
 ret
print:
 lodsb
 test %al,%al
 jz 1f
 call putc
 jmp print
1: ret
newline:
 mov $10,%al
putc:
 push %dx
 push %ax
 mov $0x3fd,%dx
1: in %dx,%al
 test $0x20,%al
 jz 1b
 pop %ax
 mov $0x3f8,%dx
 out %al,%dx
 pop %dx
 ret
boottext: .asciz "boot "
fwtext: .asciz "fw_cfg "
readytext: .asciz "ready\n"
offtext: .asciz "power button\n"
stucktext: .asciz "stuck\n"
drive: .byte 0
.org 510
.word 0xaa55
