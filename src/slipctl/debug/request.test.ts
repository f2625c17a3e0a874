import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { besideContainer, type Target } from './request.ts'
import { numberInNamespace } from './target-tree.ts'

const target: Target = {
  Id: 'abc',
  Name: '/web',
  AppArmorProfile: 'docker-default',
  State: { Running: true, Pid: 42, ExitCode: 0 },
}
const tools = { image: 'tools', command: ['sh'], terminal: true }

function hostConfig(of: Target): object {
  return (besideContainer(of, tools) as { HostConfig: object }).HostConfig
}

describe('the container with the tools', () => {
  it('joins the namespaces of a target that runs, and may look into its processes', () => {
    assert.deepEqual(hostConfig(target), {
      AutoRemove: true,
      NetworkMode: 'container:abc',
      PidMode: 'container:abc',
      IpcMode: 'container:abc',
      Tmpfs: { '/dev/shm': 'mode=1777' },
      CapAdd: ['SYS_PTRACE'],
    })
  })

  it('has no profile of AppArmor beside a target of another than the usual one', () => {
    for (const AppArmorProfile of ['unconfined', 'mine'])
      assert.deepEqual(hostConfig({ ...target, AppArmorProfile }), {
        ...hostConfig(target),
        SecurityOpt: ['apparmor=unconfined'],
      })
    assert.deepEqual(hostConfig({ ...target, AppArmorProfile: '' }), hostConfig(target))
  })

  it('has namespaces of its own and no network when the target has ended', () => {
    const ended = { ...target, State: { Running: false, Pid: 0, ExitCode: 1 } }
    assert.deepEqual(hostConfig(ended), { AutoRemove: true, NetworkMode: 'none' })
  })

  it('finds the target by the number that its process has inside', () => {
    assert.equal(numberInNamespace('Name:\tx\nNSpid:\t4242\t17\t1\nNSpgid:\t4242\t17\t1\n'), 1)
    assert.equal(numberInNamespace('NSpid:\t4242\n'), 4242)
  })
})
