import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { type Host, startHost } from '../testing/host.ts'
import { cleanUpsOfSuite } from '../testing/suite.ts'

const EPERM = 1
const ENOSYS = 38

/** Calls by their numbers on x86-64, with arguments that would do no harm where they are let through. */
const forbidden: readonly (readonly [name: string, number: number, ...words: number[]])[] = [
  ['keyctl', 250, 0, -3, 0],
  ['add_key', 248, 0, 0, 0, 0, -2],
  ['request_key', 249, 0, 0, 0, 0],
  ['mount', 165, 0, 0, 0, 0, 0],
  ['umount2', 166, 0, 0],
  ['pivot_root', 155, 0, 0],
  ['fsopen', 430, 0, 0],
  ['fsmount', 432, -1, 0, 0],
  ['move_mount', 429, -1, 0, -1, 0, 0],
  ['open_tree', 428, -1, 0, 0],
  ['mount_setattr', 442, -1, 0, 0, 0, 0],
  ['unshare, of users', 272, 0x10000000],
  ['unshare, of mounts', 272, 0x20000],
  ['setns', 308, -1, 0],
  ['clone, with a user namespace', 56, 0x10000000 | 17, 0, 0, 0, 0],
  ['bpf', 321, 0, 0, 0],
  ['perf_event_open', 298, 0, 0, -1, -1, 0],
  ['userfaultfd', 323, 0],
  ['io_uring_setup', 425, 0, 0],
  ['kexec_load', 246, 0, 0, 0, 0],
  ['kexec_file_load', 320, -1, -1, 0, 0, 0],
  ['init_module', 175, 0, 0, 0],
  ['finit_module', 313, -1, 0, 0],
  ['delete_module', 176, 0, 0],
  ['reboot', 169, 0, 0, 0, 0],
  ['swapon', 167, 0, 0],
  ['swapoff', 168, 0],
  ['acct', 163, 1],
  ['quotactl', 179, 0, 0, 0, 0],
  ['syslog', 103, 10, 0, 0],
  ['settimeofday', 164, 0, 0],
  ['clock_settime', 227, 0, 0],
  ['iopl', 172, 3],
  ['ioperm', 173, 0, 1, 1],
  ['open_by_handle_at', 304, -1, 0, 0],
  ['personality, without random addresses', 135, 0x40000],
  ['move_pages', 279, 0, 0, 0, 0, 0, 0],
  ['socket, of the hypervisor', 41, 40, 1, 0],
]

/** Makes each call and prints the number of its error. */
const program = `
import ctypes, json, os, sys
libc = ctypes.CDLL(None, use_errno=True)
def attempt(words):
    ctypes.set_errno(0)
    result = libc.syscall(*[ctypes.c_long(word) for word in words])
    if words[0] == 56 and result == 0:
        os._exit(0)
    return 0 if result >= 0 else ctypes.get_errno()
print(json.dumps([attempt(words) for words in json.loads(sys.argv[1])]))
`

describe('a container with the usual rights', { concurrency: true }, () => {
  let host: Host
  const cleanUps = cleanUpsOfSuite()
  before(async () => {
    host = await startHost(cleanUps)
    await writeFile(join(host.world.directory, 'calls.py'), program)
  })

  /** The errors of calls that are made in a container. */
  const errorsOf = async (
    options: string,
    calls: readonly (readonly number[])[],
  ): Promise<readonly number[]> => {
    const { directory } = host.world
    // The image has no program that makes any call; the host has.
    const programs = `-v /usr:/usr:ro -v /usr/lib:/lib:ro -v /usr/lib64:/lib64:ro -v ${directory}/calls.py:/calls.py:ro`
    const { status, stdout, stderr } = await host.docker.run(
      `docker run --rm --network none ${options} ${programs} ${host.image} /usr/bin/python3 /calls.py '${JSON.stringify(calls)}'`,
    )
    assert.equal(status, 0, stderr)
    return JSON.parse(stdout) as readonly number[]
  }
  const calls = forbidden.map(([, ...words]) => words)

  it('is refused each call that reaches beyond it', async () => {
    const errors = await errorsOf('', calls)
    for (const [index, [name]] of forbidden.entries())
      assert.equal(errors[index], EPERM, `${name} gave ${errors[index]}`)
  })

  it('is refused them by the profile, not only for want of capabilities', async () => {
    const harmless = forbidden.filter(([name]) => /keyctl|_key|of users|mount_setattr/.test(name))
    const words = harmless.map(([, ...one]) => one)
    const open = await errorsOf('--security-opt seccomp=unconfined', words)
    assert.ok(!open.includes(EPERM), `${open}`)
    assert.ok((await errorsOf('', words)).every((error) => error === EPERM))
  })

  it('is told that clone3 is not there, so that libc takes the call that a filter can see into', async () => {
    assert.deepEqual(await errorsOf('', [[435, 0, 0]]), [ENOSYS])
  })

  it("cannot trace the host's processes, even where it sees them", async () => {
    const attach = [101, 16, 1, 0, 0]
    assert.deepEqual(await errorsOf('--pid host', [attach]), [EPERM])
    assert.deepEqual(await errorsOf('--pid host --user 1000', [attach]), [EPERM])
  })

  it('gets no new rights by a program that gives some, when told so', async () => {
    const { stdout } = await host.docker.run(
      `docker run --rm --network none --security-opt no-new-privileges ${host.image} busybox grep NoNewPrivs /proc/self/status`,
    )
    assert.equal(stdout, 'NoNewPrivs:\t1\n')
  })
})
