import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { appliedProfile } from './applied-profile.ts'
import { checkedProfile, parseDockerProfile } from './docker-profile.ts'

const amd64 = { architecture: 'x64', kernelRelease: '6.12.43+deb13-cloud-amd64' }
const arm64 = { ...amd64, architecture: 'arm64' }

/** Which of the calls have a rule. */
function ruled(
  profile: object,
  { capabilities = [], machine = amd64 }: { capabilities?: string[]; machine?: typeof amd64 } = {},
) {
  const parsed = parseDockerProfile(JSON.stringify({ defaultAction: 'SCMP_ACT_ERRNO', ...profile }))
  return appliedProfile(parsed, capabilities, machine)
}

const rule = (name: string, more: object = {}) => ({
  names: [name],
  action: 'SCMP_ACT_ALLOW',
  ...more,
})
const named = ({ syscalls }: ReturnType<typeof ruled>) => syscalls.flatMap(({ names }) => names)

describe('a seccomp profile of Docker’s format', () => {
  it('gives what the runtime takes, without what is empty', () => {
    assert.deepEqual(
      ruled({
        defaultErrnoRet: 1,
        flags: ['SECCOMP_FILTER_FLAG_LOG'],
        syscalls: [
          { name: 'chmod', action: 'SCMP_ACT_ERRNO', errnoRet: 13, args: null, comment: 'no' },
          rule('personality', { args: [{ index: 0, value: 0xffffffff, op: 'SCMP_CMP_EQ' }] }),
          rule('clone', {
            args: [{ index: 0, value: 2114060288, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }],
            includes: {},
            excludes: { caps: null },
          }),
        ],
      }),
      {
        defaultAction: 'SCMP_ACT_ERRNO',
        defaultErrnoRet: 1,
        architectures: [],
        flags: ['SECCOMP_FILTER_FLAG_LOG'],
        syscalls: [
          { names: ['chmod'], action: 'SCMP_ACT_ERRNO', errnoRet: 13 },
          {
            ...{ names: ['personality'], action: 'SCMP_ACT_ALLOW' },
            args: [{ index: 0, value: 0xffffffff, op: 'SCMP_CMP_EQ' }],
          },
          {
            ...{ names: ['clone'], action: 'SCMP_ACT_ALLOW' },
            args: [{ index: 0, value: 2114060288, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }],
          },
        ],
      },
    )
  })

  it('has the architectures that it names, or those of the machine', () => {
    const archMap = [
      { architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86'] },
      { architecture: 'SCMP_ARCH_AARCH64', subArchitectures: null },
    ]
    assert.deepEqual(ruled({ archMap }).architectures, ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'])
    assert.deepEqual(ruled({ archMap }, { machine: arm64 }).architectures, ['SCMP_ARCH_AARCH64'])
    const architectures = ['SCMP_ARCH_X86_64']
    assert.deepEqual(ruled({ architectures }, { machine: arm64 }).architectures, architectures)
  })

  it('has rules for some capabilities, kernels and architectures alone', () => {
    const syscalls = [
      rule('always'),
      rule('both', { includes: { caps: ['CAP_SYS_ADMIN', 'CAP_BPF'] } }),
      rule('not-admin', { excludes: { caps: ['CAP_SYS_ADMIN'] } }),
      rule('amd64', { includes: { arches: ['amd64', 'x32'] } }),
      rule('not-arm64', { excludes: { arches: ['arm64'] } }),
      rule('since-6.12', { includes: { minKernel: '6.12' } }),
      rule('since-6.13', { includes: { minKernel: '6.13' } }),
      rule('before-5.0', { excludes: { minKernel: '5.0' } }),
    ]
    const usual = ['always', 'not-admin', 'amd64', 'not-arm64', 'since-6.12']
    assert.deepEqual(named(ruled({ syscalls })), usual)
    assert.deepEqual(named(ruled({ syscalls }, { capabilities: ['CAP_SYS_ADMIN'] })), [
      ...['always', 'amd64', 'not-arm64', 'since-6.12'],
    ])
    assert.deepEqual(
      named(ruled({ syscalls }, { capabilities: ['CAP_BPF', 'CAP_SYS_ADMIN'], machine: arm64 })),
      ['always', 'both', 'since-6.12'],
    )
    const old = { ...amd64, kernelRelease: '4.19.0' }
    assert.deepEqual(named(ruled({ syscalls }, { machine: old })), [
      ...['always', 'not-admin', 'amd64', 'not-arm64', 'before-5.0'],
    ])
  })

  it('is kept without blanks', () => {
    assert.equal(
      checkedProfile('{ "defaultAction" : "SCMP_ACT_ALLOW" }'),
      '{"defaultAction":"SCMP_ACT_ALLOW"}',
    )
  })

  for (const [profile, problem] of [
    ['profile.json', /^it is not JSON text$/],
    ['[]', /^the profile is not an object$/],
    ['{}', /^defaultAction: expected one of SCMP_ACT_KILL, /],
    [{ defaultAction: 'ALLOW' }, /^defaultAction: expected one of/],
    [{ syscalls: {} }, /^syscalls is not a list$/],
    [{ syscalls: [{ names: ['a'] }] }, /^syscalls\[0\]\.action: expected one of/],
    [{ syscalls: [rule('a', { name: 'b' })] }, /^syscalls\[0\]: expected one of name and names/],
    [{ syscalls: [rule('a', { names: [3] })] }, /^syscalls\[0\]\.names\[0\] is not a text$/],
    [
      { syscalls: [rule('a', { args: [{ index: 0, value: -1, op: 'SCMP_CMP_EQ' }] })] },
      /^syscalls\[0\]\.args\[0\]\.value is not a whole number from 0 on$/,
    ],
    [
      { syscalls: [rule('a', { args: [{ index: 0, value: 1, op: 'EQ' }] })] },
      /^syscalls\[0\]\.args\[0\]\.op: expected one of SCMP_CMP_NE, /,
    ],
    [
      { syscalls: [rule('a', { includes: { minKernel: 'new' } })] },
      /^syscalls\[0\]\.includes\.minKernel: expected a version such as 4\.8$/,
    ],
    [
      { architectures: ['SCMP_ARCH_X86'], archMap: [{ architecture: 'SCMP_ARCH_X86' }] },
      /^expected one of architectures and archMap, found both$/,
    ],
    [{ listenerPath: '/run/agent' }, /^listenerPath: no program here answers/],
  ] as const)
    it(`is refused: ${problem.source}`, () => {
      const json =
        typeof profile === 'string'
          ? profile
          : JSON.stringify({ defaultAction: 'SCMP_ACT_ERRNO', ...profile })
      assert.throws(() => parseDockerProfile(json), { message: problem })
    })
})
