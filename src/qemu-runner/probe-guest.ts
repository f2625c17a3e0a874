/**
 * The smallest guests that tell whether an acceleration can be trusted. Both are made by hand, so that
 * a probe needs no compiler and no files but, at best, the kernel that is to run anyway.
 */

/** I/O port of the `isa-debug-exit` device that the boot sector writes to. */
export const debugExitPort = 0xf4

/** QEMU's exit status when the boot sector has got through: isa-debug-exit gives (value << 1) | 1. */
export const bootSectorStatus = (0x31 << 1) | 1

/** The line that the init program prints. */
export const initLine = 'slipway probe: userspace runs'

/**
 * A disk whose boot sector enters 64-bit long mode with paging, works on memory through its page
 * tables, counts to fifty million and leaves by the debug-exit port. A virtual CPU that is only half
 * there (no page tables in hardware, every instruction emulated) fails, or takes far too long.
 */
export function bootSectorDisk(): Buffer {
  const disk = Buffer.alloc(1 << 20)
  bytes(bootSectorCode).copy(disk)
  // The boot signature at the end of the first sector.
  disk.writeUInt16LE(0xaa55, 510)
  return disk
}

/** An initramfs with one static program: it prints `initLine` and restarts the machine. */
export function probeInitramfs(): Buffer {
  return Buffer.concat([
    cpioRecord('init', 0o100755, initExecutable()),
    cpioRecord('TRAILER!!!', 0, Buffer.alloc(0)),
  ])
}

/** Loaded at 0x7c00 in real mode (AT&T syntax at the right). */
const bootSectorCode = [
  'fa', //                             cli
  '31c0 8ed8 8ec0 8ed0', //            xor %ax,%ax; mov %ax,%ds; mov %ax,%es; mov %ax,%ss
  'bc0070', //                         mov $0x7000,%sp
  // Page tables from 0x1000 on: one page of 2 MiB at 0.
  '66bf00100000 0f22df', //            mov $0x1000,%edi; mov %edi,%cr3
  '6631c0 66b9000c0000 66f3ab', //     xor %eax,%eax; mov $0xc00,%ecx; rep stosl
  '66c7060010 03200000', //            movl $0x2003,0x1000
  '66c7060020 03300000', //            movl $0x3003,0x2000
  '66c7060030 83000000', //            movl $0x83,0x3000
  '0f20e0 6683c820 0f22e0', //         mov %cr4,%eax; or $0x20,%eax; mov %eax,%cr4 (PAE)
  '66b9800000c0 0f32', //              mov $0xc0000080,%ecx; rdmsr (EFER)
  '660d00010000 0f30', //              or $0x100,%eax; wrmsr (LME)
  '660f0116e07c', //                   lgdtl gdtr
  '0f20c0 660d01000080 0f22c0', //     mov %cr0,%eax; or $0x80000001,%eax; mov %eax,%cr0 (PG, PE)
  'ea6d7c0800', //                     ljmp $8,$long
  // long, 64-bit from here on:
  'b810000000 8ed8 8ec0 8ed0', //      mov $16,%eax; mov %eax,%ds; mov %eax,%es; mov %eax,%ss
  '48b88877665544332211', //           movabs $0x1122334455667788,%rax
  '4889042500500000', //               mov %rax,0x5000
  '48c10c250050000020', //             rorq $32,0x5000
  '488b1c2500500000', //               mov 0x5000,%rbx
  '48b94433221188776655', //           movabs $0x5566778811223344,%rcx
  '4839cb 7510', //                    cmp %rcx,%rbx; jne fail
  'b980f0fa02 ffc9 75fc', //           mov $50000000,%ecx; 2: dec %ecx; jnz 2b
  'b831000000 eb05', //                mov $0x31,%eax; jmp out
  'b832000000', //               fail: mov $0x32,%eax
  'baf4000000 ef', //             out: mov $0xf4,%edx; out %eax,%dx
  'f4 ebfd', //                     1: hlt; jmp 1b
  // gdt, gdtr:
  '0000000000000000 00000000009a2000 0000000000920000',
  '1700 c87c0000',
]

/** A static x86-64 program that needs nothing but the kernel. */
const initCode = [
  'b801000000 bf01000000', //          mov $1,%eax (write); mov $1,%edi
  '488d351f000000', //                 lea message(%rip),%rsi
  `ba${byte(initLine.length + 1)}000000 0f05`, // mov $length,%edx; syscall
  'b8a9000000', //                     mov $169,%eax (reboot)
  'bfaddee1fe be69191228', //          mov $0xfee1dead,%edi; mov $0x28121969,%esi
  'ba67452301 0f05', //                mov $0x1234567,%edx (restart); syscall
  'ebfe', //                        1: jmp 1b
]

/** ELF-64 (System V ABI, chapter 4) with one segment that holds the headers too. */
function initExecutable(): Buffer {
  const code = Buffer.concat([bytes(initCode), Buffer.from(`${initLine}\n`)])
  const base = 0x400000n
  const headers = Buffer.alloc(64 + 56)
  headers.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  headers.writeUInt16LE(2, 16) // e_type: executable
  headers.writeUInt16LE(62, 18) // e_machine: x86-64
  headers.writeUInt32LE(1, 20)
  headers.writeBigUInt64LE(base + BigInt(headers.length), 24) // e_entry
  headers.writeBigUInt64LE(64n, 32) // e_phoff
  headers.writeUInt16LE(64, 52)
  headers.writeUInt16LE(56, 54)
  headers.writeUInt16LE(1, 56) // e_phnum
  headers.writeUInt32LE(1, 64) // p_type: load
  headers.writeUInt32LE(5, 68) // p_flags: read, execute
  headers.writeBigUInt64LE(base, 80)
  headers.writeBigUInt64LE(base, 88)
  headers.writeBigUInt64LE(BigInt(headers.length + code.length), 96)
  headers.writeBigUInt64LE(BigInt(headers.length + code.length), 104)
  headers.writeBigUInt64LE(0x1000n, 112)
  return Buffer.concat([headers, code])
}

/** A member in cpio's `newc` format (the kernel's driver-api/early-userspace/buffer-format). */
function cpioRecord(name: string, mode: number, content: Buffer): Buffer {
  const nameSize = name.length + 1
  const fields = [1, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, nameSize, 0]
  const header = fields.map((field) => field.toString(16).padStart(8, '0')).join('')
  return Buffer.concat([padded(Buffer.from(`070701${header}${name}\0`)), padded(content)])
}

function padded(content: Buffer): Buffer {
  return Buffer.concat([content, Buffer.alloc((4 - (content.length % 4)) % 4)])
}

function byte(value: number): string {
  return value.toString(16).padStart(2, '0')
}

function bytes(hex: readonly string[]): Buffer {
  return Buffer.from(hex.join('').replaceAll(' ', ''), 'hex')
}
