import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { changedConfig } from './config-changes.ts'

const config = { Env: ['PATH=/bin', 'HOME=/root'], Cmd: ['sh'], WorkingDir: '/srv' }

const cases: readonly [change: string, expected: object][] = [
  ['CMD ["a", "b c"]', { Cmd: ['a', 'b c'] }],
  ['cmd echo "$HOME"', { Cmd: ['/bin/sh', '-c', 'echo "$HOME"'] }],
  ['CMD [not json', { Cmd: ['/bin/sh', '-c', '[not json'] }],
  ['ENTRYPOINT ["/app"]', { Entrypoint: ['/app'], Cmd: null }],
  ['CMD ["x"]\nENTRYPOINT ["/app"]', { Entrypoint: ['/app'], Cmd: ['x'] }],
  ['ENV A=1 B="two words" C=th\\ ree', { Env: [...config.Env, 'A=1', 'B=two words', 'C=th ree'] }],
  ['ENV A  one two ', { Env: [...config.Env, 'A=one two'] }],
  ['ENV PATH=$PATH:/opt', { Env: ['PATH=/bin:/opt', 'HOME=/root'] }],
  [
    `ENV A='$HOME' B=\\$HOME C=\${NONE:-$HOME} D=\${HOME:+x}`,
    {
      Env: [...config.Env, 'A=$HOME', 'B=$HOME', 'C=/root', 'D=x'],
    },
  ],
  [
    'EXPOSE 80 53/UDP 8000-8002',
    {
      ExposedPorts: { '80/tcp': {}, '53/udp': {}, '8000/tcp': {}, '8001/tcp': {}, '8002/tcp': {} },
    },
  ],
  ['HEALTHCHECK NONE', { Healthcheck: { Test: ['NONE'] } }],
  [
    'HEALTHCHECK --interval=1m30s --retries=3 CMD test -e /x',
    {
      Healthcheck: { Test: ['CMD-SHELL', 'test -e /x'], Interval: 90_000_000_000, Retries: 3 },
    },
  ],
  ['HEALTHCHECK CMD ["true"]', { Healthcheck: { Test: ['CMD', 'true'] } }],
  ['LABEL a="1 2" b=$HOME', { Labels: { a: '1 2', b: '/root' } }],
  ['ONBUILD RUN make', { OnBuild: ['RUN make'] }],
  ['STOPSIGNAL SIGQUIT', { StopSignal: 'SIGQUIT' }],
  ['USER web:web', { User: 'web:web' }],
  ['VOLUME /a $HOME/b', { Volumes: { '/a': {}, '/root/b': {} } }],
  ['VOLUME ["/a b"]', { Volumes: { '/a b': {} } }],
  ['WORKDIR sub/../other', { WorkingDir: '/srv/other' }],
  ['WORKDIR /x\nWORKDIR y', { WorkingDir: '/x/y' }],
  ['# nothing\nUSER \\\n  web', { User: 'web' }],
]

describe('an instruction changes what containers get from an image', () => {
  for (const [change, expected] of cases)
    test(change.replaceAll('\n', ' ⏎ '), () =>
      assert.deepEqual(changedConfig(config, [change]), { ...config, ...expected }),
    )
})

test('several changes are made one after the other', () =>
  assert.deepEqual(changedConfig({}, ['ENV A=1', 'ENV B=$A', 'LABEL l=$B']), {
    Env: ['A=1', 'B=1'],
    Labels: { l: '1' },
  }))

describe('a change that cannot be made is refused with its reason', () => {
  for (const [change, reason] of [
    ['RUN make', /"RUN make" cannot be made: RUN is not a valid change command/],
    ['CMD', /requires an argument/],
    ['ENV A', /must have two arguments/],
    ['ENV A=1 B', /can't find = in "B"/],
    ['ENV A="1', /a quote " has no end/],
    ['ENV A=${B', /has no }/],
    ['EXPOSE 70000', /invalid containerPort: 70000/],
    ['EXPOSE 1:2', /invalid containerPort: 1:2/],
    ['STOPSIGNAL SIGWHAT', /no such signal/],
    ['ONBUILD FROM x', /FROM isn't allowed/],
    ['HEALTHCHECK --often=1s CMD true', /unknown flag: often/],
    ['HEALTHCHECK true', /needs CMD/],
    ['VOLUME [" "]', /can not be an empty string/],
    ['constructor x', /CONSTRUCTOR is not a valid change command/],
  ] as const)
    test(change, () =>
      assert.throws(() => changedConfig(config, [change]), {
        code: 'SLIPWAY_IMAGES_CHANGE_INVALID',
        message: reason,
      }),
    )
})
