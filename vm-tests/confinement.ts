import assert from 'node:assert/strict'
import { join } from 'node:path'
import { it } from 'node:test'
import { compiledPolicy } from '../src/pipeline/testing/compiled-policy.ts'
import type { VirtualMachine } from '../src/qemu-runner/index.ts'
import type { HostFile } from '../src/start/host-config.ts'
import { HELLO_PAGE, type Laboratory, onHost } from './host.ts'
import { askHost, inContainer, startScript } from './host-api.ts'

const current = '/proc/self/attr/apparmor/current'

/** Nothing else would keep it from what it should not do. */
const unguarded = { Privileged: true, SecurityOpt: ['apparmor=docker-default'] }

/** Acts by a name: a shell command each, which does no harm if it succeeds. */
const forbidden: Readonly<Record<string, string>> = {
  'mount a file system': 'mount -t tmpfs none /tmp',
  'bind a folder': 'mount -o bind /etc /tmp',
  'mount again': 'mount -t tmpfs -o remount,size=32m shm /dev/shm',
  'set the host’s kernel': 'cat /proc/sys/kernel/panic > /proc/sys/kernel/panic',
  'set the host’s memory': 'cat /proc/sys/vm/swappiness > /proc/sys/vm/swappiness',
  'press a system request': 'echo h > /proc/sysrq-trigger',
  'read the kernel’s memory': 'dd if=/proc/kcore bs=1 count=1',
  'change devices': 'echo change > /sys/devices/virtual/mem/null/uevent',
  'look at the firmware': 'ls /sys/firmware/acpi/',
  'leave its profile': 'printf "changeprofile unconfined" > /proc/self/attr/apparmor/current',
}
const allowed: Readonly<Record<string, string>> = {
  'read settings': 'cat /proc/sys/kernel/panic /sys/devices/virtual/mem/null/uevent',
  'set its own IPC': 'cat /proc/sys/kernel/shmmax > /proc/sys/kernel/shmmax',
  'change its processes': 'echo 100 > /proc/self/oom_score_adj',
  'look into its processes': 'sleep 5 & cat /proc/$!/environ && ls -l /proc/$!/root/',
  'signal its processes': 'sleep 5 & kill -9 $!',
  'use its cgroup': 'mkdir /sys/fs/cgroup/own && rmdir /sys/fs/cgroup/own',
  'run what it wrote': 'cp /bin/busybox /tmp/busybox && /tmp/busybox true',
  'make and remove files': 'mkdir /d && echo x > /d/f && ln /d/f /d/g && rm -r /d',
  'use the network': 'ping -c 1 127.0.0.1',
  unmount: 'umount /dev/mqueue',
}

/** A script that tries each and says what failed. */
function attempts(acts: Readonly<Record<string, string>>): string {
  return Object.entries(acts)
    .map(([name, act]) => `( ${act} ) > /dev/null 2>&1 || echo "cannot ${name}"`)
    .join('\n')
}

/** Tests on a host whose containers AppArmor confines: a declared one runs, `test-hello-1`. */
export function confinementTests(
  laboratory: () => Laboratory,
  machine: () => VirtualMachine,
): void {
  const image = () => `${laboratory().registry.guestName}/hello:1`
  const run = (script: string, hostConfig?: object) =>
    inContainer(machine(), image(), script, hostConfig)
  const cannot = (acts: object) => Object.keys(acts).map((name) => `cannot ${name}`)
  const shown = async (path: string) => (await askHost(machine(), 'GET', path)).answer

  it('confines its containers by AppArmor, and nothing else', async () => {
    const { State, AppArmorProfile } = (await shown('/containers/test-hello-1/json')) as {
      State: { Pid: number }
      AppArmorProfile: string
    }
    assert.equal(AppArmorProfile, 'docker-default')
    const linesOf = async (script: string) =>
      (await onHost(machine(), `${script} 2> /dev/null; true`)).split('\n')
    const confined = await linesOf('grep -v ^unconfined /proc/[0-9]*/attr/apparmor/current')
    const ofHello = `/proc/${State.Pid}/attr/apparmor/current:docker-default (enforce)`
    assert.ok(confined.includes(ofHello), confined.join('\n'))
    const inContainers = await linesOf('grep -l /slipway.slice/ /proc/[0-9]*/cgroup')
    for (const line of confined)
      assert.ok(inContainers.includes(line.replace(/attr.*/, 'cgroup')), line)
    const { SecurityOptions } = (await shown('/info')) as { SecurityOptions: string[] }
    assert.equal(SecurityOptions[0], 'name=apparmor')
  })

  it('keeps a container by its profile from what its rights would allow, and from nothing else', async () => {
    assert.deepEqual((await run(attempts(forbidden), unguarded)).split('\n'), cannot(forbidden))
    assert.equal(await run(attempts(allowed), unguarded), '')
    assert.equal(await run(attempts(forbidden), { Privileged: true }), '')
  })

  it('has privileged containers and those that ask for it unconfined', async () => {
    assert.match(await run(`cat ${current}`), /^docker-default \(enforce\)/)
    assert.match(await run(`cat ${current}`, { Privileged: true }), /^unconfined/)
    const SecurityOpt = ['apparmor=unconfined']
    assert.match(await run(`cat ${current}`, { SecurityOpt }), /^unconfined/)
  })

  it('has commands in a container under its profile', async () => {
    for (const Privileged of [false, true]) {
      const made = await askHost(machine(), 'POST', '/containers/test-hello-1/exec', {
        ...{ Cmd: ['cat', current], AttachStdout: true, Tty: true, Privileged },
      })
      const { Id } = made.answer as { Id: string }
      const { answer } = await askHost(machine(), 'POST', `/exec/${Id}/start`, { Tty: true })
      assert.match(String(answer), /^docker-default \(enforce\)/)
    }
  })

  it('lets containers that share processes look into each other and signal each other', async () => {
    const { Id } = (await shown('/containers/test-hello-1/json')) as { Id: string }
    const beside = { PidMode: `container:${Id}`, CapAdd: ['SYS_PTRACE'] }
    const script = 'cat /proc/1/root/www/index.html; kill -0 1 && echo may signal'
    assert.equal(await run(script, beside), `${HELLO_PAGE}may signal`)
  })

  it('starts a container under a profile of its config, and none under one that is not loaded', async () => {
    const script = `cat ${current}; echo x > /tmp/x || echo refused`
    const printed = await run(script, { SecurityOpt: ['apparmor=no-write-in-tmp'] })
    assert.match(printed, /^no-write-in-tmp \(enforce\)/)
    assert.match(printed, /refused$/)

    const SecurityOpt = ['apparmor=no-such']
    const { id, start } = await startScript(machine(), image(), script, { SecurityOpt })
    assert.equal(start.status, 400)
    assert.match((start.answer as { message: string }).message, /"no-such" is not loaded/)
    await askHost(machine(), 'DELETE', `/containers/${id}`)
  })
}

/** Files for the config of a host that the tests above are for. */
export async function ownProfiles({
  image,
  directory,
}: Laboratory): Promise<Readonly<Record<string, HostFile>>> {
  const profile = `abi <abi/kernel-5.4-vanilla>,
    profile no-write-in-tmp flags=(attach_disconnected) {
      file, capability, signal, deny /tmp/** w,
    }`
  const content = await compiledPolicy(image.tools, profile, join(directory, 'policy'))
  return { '/etc/slipway/apparmor/no-write-in-tmp': { content } }
}
