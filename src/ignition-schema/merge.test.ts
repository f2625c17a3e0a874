import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Config, mergeConfigs, validateConfig } from './index.ts'

const ignition = { version: '3.6.0' }
type Sections = Omit<Config, 'ignition'> & {
  readonly ignition?: Omit<Config['ignition'], 'version'>
}

function configOf(sections: Sections): Config {
  return { ...sections, ignition: { ...ignition, ...sections.ignition } }
}

const cases: [rule: string, parent: Sections, child: Sections, merged: Sections][] = [
  ['nothing and nothing is nothing', {}, {}, {}],
  [
    'what the child does not say stays',
    { storage: { files: [{ path: '/a', mode: 0o600, user: { id: 1 } }] } },
    { storage: { files: [{ path: '/a' }] } },
    { storage: { files: [{ path: '/a', mode: 0o600, user: { id: 1 } }] } },
  ],
  [
    'what the child says wins, and be it false, 0 or empty',
    {
      storage: {
        disks: [{ device: '/dev/a', wipeTable: true }],
        files: [{ path: '/a', mode: 0o600, contents: { source: 'data:,a' } }],
      },
    },
    {
      storage: {
        disks: [{ device: '/dev/a', wipeTable: false }],
        files: [{ path: '/a', mode: 0, contents: { source: '' } }],
      },
    },
    {
      storage: {
        disks: [{ device: '/dev/a', wipeTable: false }],
        files: [{ path: '/a', mode: 0, contents: { source: '' } }],
      },
    },
  ],
  [
    'objects are merged field by field, however deep',
    { ignition: { timeouts: { httpTotal: 1, httpResponseHeaders: 2 } } },
    { ignition: { timeouts: { httpTotal: 3 }, proxy: { httpProxy: 'http://h' } } },
    {
      ignition: {
        timeouts: { httpTotal: 3, httpResponseHeaders: 2 },
        proxy: { httpProxy: 'http://h' },
      },
    },
  ],
  [
    'id and name of an owner come together, which is for validation to find',
    { storage: { files: [{ path: '/a', user: { id: 1 } }] } },
    { storage: { files: [{ path: '/a', user: { name: 'root' } }] } },
    { storage: { files: [{ path: '/a', user: { id: 1, name: 'root' } }] } },
  ],
  [
    'items stay in the parent’s order, and those of the child follow',
    { systemd: { units: [{ name: 'b.service', mask: true }, { name: 'a.service' }] } },
    {
      systemd: {
        units: [{ name: 'c.service' }, { name: 'a.service', enabled: true }, { name: 'd.service' }],
      },
    },
    {
      systemd: {
        units: [
          { name: 'b.service', mask: true },
          { name: 'a.service', enabled: true },
          { name: 'c.service' },
          { name: 'd.service' },
        ],
      },
    },
  ],
  [
    'drop-ins are merged within their unit',
    { systemd: { units: [{ name: 'a.service', dropins: [{ name: 'x.conf', contents: '[A]' }] }] } },
    {
      systemd: {
        units: [
          { name: 'a.service', dropins: [{ name: 'y.conf' }, { name: 'x.conf', contents: '[B]' }] },
        ],
      },
    },
    {
      systemd: {
        units: [
          { name: 'a.service', dropins: [{ name: 'x.conf', contents: '[B]' }, { name: 'y.conf' }] },
        ],
      },
    },
  ],
  [
    'a partition is its number, or else its label',
    {
      storage: {
        disks: [
          {
            device: '/dev/a',
            partitions: [
              { number: 1, label: 'one', startMiB: 1 },
              { label: 'next', sizeMiB: 2 },
            ],
          },
        ],
      },
    },
    {
      storage: {
        disks: [
          {
            device: '/dev/a',
            partitions: [
              { number: 1, label: 'first' },
              { number: 0, label: 'next', resize: true },
              { number: 2, label: 'two' },
            ],
          },
        ],
      },
    },
    {
      storage: {
        disks: [
          {
            device: '/dev/a',
            partitions: [
              { number: 1, label: 'first', startMiB: 1 },
              { number: 0, label: 'next', sizeMiB: 2, resize: true },
              { number: 2, label: 'two' },
            ],
          },
        ],
      },
    },
  ],
  [
    'keys of a user are a set in the parent’s order',
    { passwd: { users: [{ name: 'core', sshAuthorizedKeys: ['one', 'two'] }] } },
    { passwd: { users: [{ name: 'core', sshAuthorizedKeys: ['three', 'two'], uid: 1 }] } },
    { passwd: { users: [{ name: 'core', sshAuthorizedKeys: ['one', 'two', 'three'], uid: 1 }] } },
  ],
  [
    'options of programs are appended, even those that are there already',
    {
      storage: {
        filesystems: [{ device: '/dev/a', options: ['a', 'b'] }],
        raid: [{ name: 'r', options: ['a'] }],
        luks: [{ name: 'l', options: ['a'], openOptions: ['a'] }],
      },
    },
    {
      storage: {
        filesystems: [{ device: '/dev/a', options: ['a'], mountOptions: ['ro'] }],
        raid: [{ name: 'r', options: ['a'] }],
        luks: [{ name: 'l', options: ['a'], openOptions: ['a', 'b'] }],
      },
    },
    {
      storage: {
        raid: [{ name: 'r', options: ['a', 'a'] }],
        luks: [{ name: 'l', options: ['a', 'a'], openOptions: ['a', 'b'] }],
        filesystems: [{ device: '/dev/a', options: ['a', 'b', 'a'], mountOptions: ['ro'] }],
      },
    },
  ],
  [
    'what is appended to a file is appended to what the parent appends',
    { storage: { files: [{ path: '/a', append: [{ source: 'data:,1' }] }] } },
    {
      storage: { files: [{ path: '/a', append: [{ source: 'data:,1' }, { source: 'data:,2' }] }] },
    },
    {
      storage: {
        files: [
          {
            path: '/a',
            append: [{ source: 'data:,1' }, { source: 'data:,1' }, { source: 'data:,2' }],
          },
        ],
      },
    },
  ],
  [
    'a path is one thing: that of the child, with nothing of the parent’s other kind',
    {
      storage: {
        files: [{ path: '/a', mode: 0o600 }, { path: '/b' }, { path: '/c' }],
        directories: [{ path: '/d' }],
        links: [{ path: '/e', target: '/x' }],
      },
    },
    {
      storage: {
        files: [{ path: '/d' }],
        directories: [{ path: '/a' }, { path: '/e' }],
        links: [{ path: '/b', target: '/c' }],
      },
    },
    {
      storage: {
        files: [{ path: '/c' }, { path: '/d' }],
        directories: [{ path: '/a' }, { path: '/e' }],
        links: [{ path: '/b', target: '/c' }],
      },
    },
  ],
  [
    'a kernel argument that the child removes is not added, and the other way round',
    { kernelArguments: { shouldExist: ['a', 'b'], shouldNotExist: ['c', 'd'] } },
    { kernelArguments: { shouldExist: ['c', 'b'], shouldNotExist: ['a', 'e'] } },
    { kernelArguments: { shouldExist: ['b', 'c'], shouldNotExist: ['d', 'a', 'e'] } },
  ],
  [
    'configs to merge are one by their source',
    { ignition: { config: { merge: [{ source: 'http://a' }, { source: 'http://b' }] } } },
    { ignition: { config: { merge: [{ source: 'http://b', compression: 'gzip' }] } } },
    {
      ignition: {
        config: { merge: [{ source: 'http://a' }, { source: 'http://b', compression: 'gzip' }] },
      },
    },
  ],
]
for (const [rule, parent, child, merged] of cases)
  test(rule, () => {
    assert.deepEqual(mergeConfigs(configOf(parent), configOf(child)), configOf(merged))
  })

test('a header is replaced by one with a value, removed by one without, and else added', () => {
  const withHeaders = (...httpHeaders: { name: string; value?: string }[]) =>
    configOf({
      storage: { files: [{ path: '/a', contents: { source: 'http://h/', httpHeaders } }] },
    })
  assert.deepEqual(
    mergeConfigs(
      withHeaders(
        { name: 'kept', value: '1' },
        { name: 'replaced', value: '1' },
        { name: 'removed', value: '1' },
      ),
      withHeaders(
        { name: 'removed' },
        { name: 'added', value: '2' },
        { name: 'replaced', value: '2' },
        { name: 'unknown' },
      ),
    ),
    withHeaders(
      { name: 'kept', value: '1' },
      { name: 'replaced', value: '2' },
      { name: 'added', value: '2' },
      { name: 'unknown' },
    ),
  )
})

test('two valid configs may merge to one that is not', () => {
  const [parent, child] = [{ id: 1 }, { name: 'root' }].map((user) =>
    configOf({ storage: { files: [{ path: '/a', user }] } }),
  )
  assert.ok(parent && child)
  assert.deepEqual([...validateConfig(parent), ...validateConfig(child)], [])
  assert.deepEqual(
    validateConfig(mergeConfigs(parent, child)).map(({ code, path }) => [code, path]),
    [['IGNITION_ID_AND_NAME', '$.storage.files.0.user']],
  )
})
