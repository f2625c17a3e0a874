import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseYamlConfig } from '../ignition-schema/yaml.ts'
import { explainConfig } from './explain.ts'

function explain(text: string) {
  const { config, problems } = parseYamlConfig(`ignition: {version: 3.6.0}\n${text}`, 'test')
  assert.ok(config, JSON.stringify(problems))
  return explainConfig(config)
}

/** Each case as `when → what`, with a `!` before what destroys and `stop` for a boot that stops. */
function casesOf(text: string, match: RegExp): string[] {
  const step = explain(text).find((each) => match.test(each.text))
  assert.ok(step, `no step is ${match}`)
  return step.cases.map(({ when, result, destroys, stops }) => {
    const what = stops ? 'stop' : result
    return `${destroys ? '! ' : ''}${when} → ${what}`
  })
}

const disk = (partition: string, more = '') =>
  `storage: {disks: [{device: /dev/x, ${more}partitions: [${partition}]}]}`
const noRoom = 'there is no room for it → stop'

const partitions: [name: string, partition: string, cases: string[]][] = [
  [
    'is kept when it matches and stops otherwise',
    '{number: 1, label: a, sizeMiB: 8}',
    [
      'there is none → made',
      'there is one with this label, sizeMiB → kept as it is',
      'only its size differs, or it differs otherwise, or there is no room for it → stop',
    ],
  ],
  [
    'is made anew when its entry may be wiped',
    '{number: 1, label: a, wipePartitionEntry: true}',
    [
      'there is none → made',
      'there is one with this label → kept as it is',
      '! it differs otherwise → deleted and made anew',
      noRoom,
    ],
  ],
  [
    'is resized when only its size differs',
    '{number: 1, startMiB: 1, sizeMiB: 8, resize: true}',
    [
      'there is none → made',
      'there is one with this startMiB, sizeMiB → kept as it is',
      '! only its size differs → resized: 8 MiB',
      'it differs otherwise, or there is no room for it → stop',
    ],
  ],
  [
    'is deleted',
    '{number: 1, shouldExist: false, wipePartitionEntry: true}',
    ['there is none → nothing', '! there is a partition 1 → deleted'],
  ],
  [
    'is not deleted without its entry being given up',
    '{number: 1, shouldExist: false}',
    ['there is none → nothing', 'there is a partition 1 → stop'],
  ],
  [
    'that gives nothing to compare is kept whatever it is',
    '{number: 1}',
    ['there is none → made', 'there is one → kept as it is', noRoom],
  ],
  ['without a number is another one', '{label: a}', ['there is none → made', noRoom]],
]
for (const [name, partition, cases] of partitions)
  test(`a partition ${name}`, () => {
    assert.deepEqual(casesOf(disk(partition), /^partition/), cases)
  })

test('a wiped disk loses what it holds, and its partitions are made', () => {
  const config = disk('{number: 1}', 'wipeTable: true, ')
  assert.deepEqual(casesOf(config, /^disk/), [
    'it is empty → wiping what /dev/x is known by',
    '! it has a GPT, or it holds anything else → wiping what /dev/x is known by',
    'it is in use → stop',
  ])
  assert.deepEqual(casesOf(config, /^partition 1 of .*: made$/), [noRoom])
})

test('a disk that is not wiped stays as it is', () => {
  assert.deepEqual(casesOf(disk('{number: 1}'), /^disk/), [
    'it is empty, or it has a GPT → the partitions below',
    'it holds anything else → stop',
    'it is in use → stop',
  ])
})

test('partitions that no disk has room for are told, with their place', () => {
  const steps = explain(disk('{number: 200}'))
  const found = steps.find(({ text }) => text === 'partitions of /dev/x')
  assert.deepEqual(found?.at, ['storage', 'disks', 0, 'partitions', 0, 'number'])
  assert.match(found?.cases[0]?.result ?? '', /room for 128 partitions/)
})

const filesystem = (more: string) => `storage: {filesystems: [{device: /dev/x, ${more}}]}`
const volume = (more: string) => `storage: {luks: [{name: v, device: /dev/x, ${more}}]}`
const made = 'wiping what /dev/x is known by, making ext4 on /dev/x'
const encrypted = 'encrypting /dev/x as v, opening /dev/x as v'
const held: [name: string, config: string, cases: string[]][] = [
  [
    'a file system keeps its own kind',
    filesystem('format: ext4, label: a'),
    [
      `the device holds nothing → ${made}`,
      'it holds ext4 with label "a" → kept as it is',
      'it holds anything else → stop',
    ],
  ],
  [
    'a file system with wipeFilesystem keeps nothing',
    filesystem('format: ext4, wipeFilesystem: true'),
    [`the device holds nothing → ${made}`, `! it holds ext4, or it holds anything else → ${made}`],
  ],
  [
    'a device may have to hold nothing',
    filesystem('format: none'),
    ['the device holds nothing → nothing', 'it holds anything else → stop'],
  ],
  [
    'a volume with a key file keeps its own kind',
    volume('keyFile: {source: "data:,key"}'),
    [
      `the device holds nothing → ${encrypted}`,
      'it holds such a volume → opening /dev/x as v',
      'it holds anything else → stop',
    ],
  ],
  [
    'a volume of the TPM with wipeVolume keeps nothing',
    volume('wipeVolume: true, clevis: {tpm2: true}'),
    [
      `the device holds nothing → wiping what /dev/x is known by, ${encrypted}, binding v to the TPM, removing the key by which v was made`,
      `! it holds such a volume, or it holds anything else → wiping what /dev/x is known by, ${encrypted}, binding v to the TPM, removing the key by which v was made`,
    ],
  ],
  [
    'a volume of two of three tang servers is bound to them together',
    volume(
      `clevis: {threshold: 2, tang: [${['a', 'b', 'c'].map((name) => `{url: "http://${name}", thumbprint: t}`).join()}]}`,
    ),
    [
      `the device holds nothing → ${encrypted}, binding v to 2 of http://a, http://b, http://c, removing the key by which v was made`,
      'it holds such a volume → stop',
      'it holds anything else → stop',
    ],
  ],
  [
    'a volume of the TPM and a tang server is bound to them together',
    volume('clevis: {threshold: 2, tpm2: true, tang: [{url: "http://a", thumbprint: t}]}'),
    [
      `the device holds nothing → ${encrypted}, binding v to 2 of the TPM, http://a, removing the key by which v was made`,
      'it holds such a volume → stop',
      'it holds anything else → stop',
    ],
  ],
  [
    'an array takes over its own members and no others',
    'storage: {raid: [{name: m, level: raid1, devices: [/dev/a, /dev/b]}]}',
    [
      'its members hold nothing, or they are partitions that this config made → creating the array /dev/md/m',
      'they are this array already → assembling the array /dev/md/m',
      'one holds anything else → stop',
    ],
  ],
]
for (const [name, config, cases] of held)
  test(name, () => {
    assert.deepEqual(casesOf(config, /x|array/), cases)
  })

const user = (fields: string) => `passwd: {users: [{name: core${fields}}]}`
const accounts: [name: string, config: string, cases: string[]][] = [
  [
    'a user is added, or left as it is where nothing else is said',
    user(''),
    [
      'the host has no such user → added, number the next free one, home directory /home/core, made from /etc/skel (0700) unless it is there, shell /usr/bin/nologin, no password',
      'it has one → kept as it is',
    ],
  ],
  [
    'a user that exists is changed in what the config says, and needs the groups that it names',
    user(', uid: 1200, homeDir: /srv/c, groups: [render], shell: /x, passwordHash: h, gecos: g'),
    [
      'the host has no such user → added, number 1200, home directory /srv/c, made from /etc/skel (0700) unless it is there, shell /x, member of render, with a password',
      'it has one → changed: number 1200, comment, home directory /srv/c, moved there, where its files get the new number, shell /x, password, member of render',
      'the host lacks one of the groups render → stop',
    ],
  ],
  [
    'a user is removed with its home directory',
    user(', shouldExist: false'),
    [
      'the host has no such user → nothing',
      '! it has one → removed, and its home directory with all in it',
    ],
  ],
  [
    'a name that no user can have stops',
    'passwd: {users: [{name: "a b"}]}',
    ['the host has no such user, or it has one → stop'],
  ],
]
for (const [name, config, cases] of accounts)
  test(name, () => {
    assert.deepEqual(casesOf(config, /^user/), cases)
  })

test('a group is added, changed or removed', () => {
  const group = (fields: string) => casesOf(`passwd: {groups: [{name: g${fields}}]}`, /^group/)
  assert.deepEqual(group(', gid: 1500'), [
    'the host has no such group → added, number 1500',
    'it has one → changed: number 1500',
  ])
  assert.deepEqual(group(', shouldExist: false'), [
    'the host has no such group → nothing',
    'it has one → removed',
  ])
})

test('kernel arguments take a reboot where they are missing, and cannot be taken from the image', () => {
  const config = 'kernelArguments: {shouldExist: [a, b=1], shouldNotExist: [c]}'
  assert.deepEqual(casesOf(config, /^starting the kernel with a b=1$/), [
    'its command line has them → the boot goes on',
    'it lacks them → one reboot with an add-on on the ESP: a b=1',
    'it lacks them and Secure Boot is on → stop',
  ])
  assert.deepEqual(casesOf(config, /^starting the kernel without c$/), [
    'its command line has them → stop',
    'it lacks them → the boot goes on',
  ])
})

test('remote sources come without what may be secret', () => {
  const [step] = explain(`
storage:
  files:
    - path: /a
      contents: {source: "https://user:word@example.org/a?token=x"}
      append: [{source: "data:,b"}]
`)
  assert.deepEqual(step?.sources, [
    { name: 'https://example.org/a', isRemote: true },
    { name: 'the config itself', isRemote: false },
  ])
})

test('what is there gives way only to overwrite', () => {
  const file = (more: string) =>
    `storage: {files: [{path: /a, contents: {source: "data:,a"}${more}}]}`
  assert.deepEqual(casesOf(file(''), /a/), [
    'nothing is there → made',
    'a file with these contents, owner and mode is there → stays as it is',
    'anything else is there, which the config does not give up → stop',
  ])
  assert.deepEqual(casesOf(file(', overwrite: true'), /a/), [
    'nothing is there → made',
    'a file with these contents, owner and mode is there → stays as it is',
    '! anything else is there → replaced: a directory with all in it, a link itself',
  ])
})

const nodes: [name: string, node: string, cases: string[]][] = [
  [
    'a file that is appended to keeps what it has',
    'files: [{path: /a, append: [{source: "data:,a"}]}]',
    [
      'nothing is there → made of what is appended',
      'a file is there → appended to',
      'anything else is there → stop',
    ],
  ],
  [
    'contents and what is appended to them are one file',
    'files: [{path: /a, contents: {source: "data:,a"}, append: [{source: "data:,b"}]}]',
    [
      'nothing is there → made',
      'a file with these contents, owner and mode is there → stays as it is',
      'anything else is there, which the config does not give up → stop',
    ],
  ],
  [
    'a file without contents keeps those that are there',
    'files: [{path: /a, mode: 0o600}]',
    [
      'nothing is there → made empty',
      'a file is there → its contents stay, owner and mode as given',
      'anything else is there → stop',
    ],
  ],
  [
    'a directory keeps what is in it',
    'directories: [{path: /a}]',
    [
      'nothing is there → made',
      'a directory is there → kept, owner and mode as given',
      'anything else is there → stop',
    ],
  ],
  [
    'a directory with overwrite is emptied',
    'directories: [{path: /a, overwrite: true}]',
    [
      'nothing is there → made',
      '! anything is there → replaced: a directory with all in it, a link itself',
    ],
  ],
  [
    'a link that leads there stays',
    'links: [{path: /a, target: /b}]',
    [
      'nothing is there → made',
      'a link to /b is there → stays as it is',
      'anything else is there, which the config does not give up → stop',
    ],
  ],
  [
    'a hard link needs its target, and gives way to nothing but the same file',
    'links: [{path: /a, target: /b, hard: true, overwrite: true}]',
    [
      'nothing is there → made',
      'it is the same file as /b already → stays as it is',
      '! anything else is there → replaced: a directory with all in it, a link itself',
      '/b is not there, or is a directory → stop',
    ],
  ],
]
for (const [name, node, cases] of nodes)
  test(name, () => {
    assert.deepEqual(casesOf(`storage: {${node}}`, /\/a/), cases)
  })

test('tells on which file system of the config a path lies', () => {
  const steps = explain(`
storage:
  filesystems:
    - {device: /dev/x, format: ext4, path: /srv}
    - {device: /dev/y, format: xfs, path: /srv/deep}
  files: [{path: /srv/a}, {path: /srv/deep/b}, {path: /srvx}]
  links: [{path: /srv/deep/l, target: b}]
`)
  const places = steps
    .filter(({ stage }) => stage === 'files')
    .map(({ text, details }) => `${text}: ${details.filter((each) => each.startsWith('on '))}`)
  assert.deepEqual(places, [
    'writing file /srvx: ',
    'writing file /srv/a: on the file system of /dev/x',
    'writing file /srv/deep/b: on the file system of /dev/y',
    'linking /srv/deep/l to b: on the file system of /dev/y',
  ])
})

test('asks the platform for what the config wants of it, and does not name in two ways', () => {
  const units = `systemd: {units: [{name: afterburn-hostname.service, enabled: true}, {name: afterburn-sshkeys@core.service, enabled: true}]}`
  const texts = (config: string) =>
    explain(config)
      .filter(({ stage }) => stage === 'fetch')
      .map(({ text }) => text)
  const keys = 'asking the platform for SSH keys of core'
  assert.deepEqual(texts(units), ['asking the platform for the host’s name', keys])
  const named = `${units}\nstorage: {files: [{path: /etc/hostname, contents: {source: "data:,a"}}]}`
  assert.deepEqual(texts(named), [keys])
})

test('comes in the order of a boot', () => {
  const steps = explain(`
systemd: {units: [{name: a.service, enabled: true, contents: "[Service]\\n[Install]\\nWantedBy=a.target\\n"}]}
passwd: {users: [{name: core, sshAuthorizedKeys: [key]}]}
storage:
  files: [{path: /data/deep/file, contents: {source: "data:,a"}}]
  directories: [{path: /data/deep}]
  filesystems: [{device: /dev/x1, format: ext4, path: /data}]
  disks: [{device: /dev/x, partitions: [{number: 1}]}]
`)
  assert.deepEqual(
    steps.map(({ stage, text }) => `${stage}: ${text}`),
    [
      'disks: disk /dev/x',
      'disks: partition 1 of /dev/x',
      'disks: file system ext4 on /dev/x1',
      'mount: mounting /dev/x1 at /data while files are written',
      'files: user core',
      'files: writing directory /home/core/.ssh',
      'files: writing directory /home/core/.ssh/authorized_keys.d',
      'files: writing file /home/core/.ssh/authorized_keys.d/ignition',
      'files: writing directory /data/deep',
      'files: writing file /data/deep/file',
      'files: writing file /etc/systemd/system/a.service',
      'files: adding lines to /etc/systemd/system-preset/20-ignition.preset',
    ],
  )
})

test('other configs are fetched first, and are no part of the plan', () => {
  const { config } = parseYamlConfig(
    `ignition: {version: 3.6.0, config: {merge: [{source: "https://example.org/c", verification: {hash: sha256-${'0'.repeat(64)}}}]}}`,
    'test',
  )
  const [step, ...rest] = explainConfig(config ?? assert.fail('the config is right'))
  assert.deepEqual(rest, [])
  assert.match(step?.text ?? '', /what it brings is not in this plan/)
  assert.deepEqual(step?.sources, [
    { name: 'https://example.org/c', isRemote: true, hash: `sha256-${'0'.repeat(64)}` },
  ])
})

test('says that a file system becomes root', () => {
  const root = 'device: /dev/x, path: /, format: xfs, wipeFilesystem: true'
  assert.deepEqual(
    explain(`storage: {filesystems: [{${root}}]}`)
      .filter(({ stage }) => stage === 'mount')
      .map(({ text }) => text),
    ['/dev/x becomes root; the boot disk keeps where it is'],
  )
})
