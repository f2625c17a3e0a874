import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ContainerSpec } from '../containers/spec.ts'
import { testContainer } from '../runtime/testing/container.ts'
import { userNamespaceFor } from './choice.ts'

const usual = { firstId: 100000, count: 65536 }
const before = { firstId: 300000, count: 65536 }

const privileged = {
  privileged: true,
  readOnlyRoot: false,
  addCapabilities: [],
  dropCapabilities: [],
  noNewPrivileges: false,
  seccomp: 'default',
} as const

/** Other containers: one from before a change of the settings, and one with the host's. */
const others = new Map([
  ['old', { userNamespace: before }],
  ['hosts', {}],
])

const chosen = (spec: Partial<ContainerSpec>, settings: typeof usual | undefined = usual) =>
  userNamespaceFor(testContainer(spec).spec, settings, (id) => others.get(id))

describe('the user namespace of a new container', () => {
  it('is as the settings say, or the host’s', () => {
    assert.equal(chosen({}), usual)
    assert.equal(chosen({ namespaces: { network: 'none' } }), usual)
    assert.equal(
      userNamespaceFor(testContainer().spec, undefined, () => undefined),
      undefined,
    )
  })

  it('is the host’s where that is asked for', () => {
    assert.equal(chosen({ namespaces: { network: 'bridge', user: 'host' } }), undefined)
    const everything = { network: 'host', pid: 'host', user: 'host' } as const
    assert.equal(chosen({ namespaces: everything, security: privileged }), undefined)
  })

  it('is that of whom it shares a namespace with', () => {
    assert.equal(chosen({ namespaces: { network: 'container:old' } }), before)
    assert.equal(chosen({ namespaces: { network: 'bridge', pid: 'container:old' } }), before)
    assert.equal(chosen({ namespaces: { network: 'bridge', ipc: 'container:hosts' } }), undefined)
  })

  it('refuses, in Docker’s words, what only that of the host has', () => {
    for (const [spec, words] of [
      [{ security: privileged }, /^privileged mode is incompatible with user namespaces\. {2}You/],
      [{ namespaces: { network: 'host' } }, /^cannot share the host's network namespace when/],
      [
        { namespaces: { network: 'bridge', pid: 'host' } },
        /^cannot share the host PID namespace when user namespaces are enabled$/,
      ],
    ] as const)
      assert.throws(() => chosen(spec), { message: words })
  })
})
