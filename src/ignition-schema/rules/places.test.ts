import { type Case, configWith, storageWith, testRules } from '../testing/cases.ts'

const link = { path: '/l', target: '/t' }

const ways: readonly Case[] = [
  [
    'a file does not go through a link',
    storageWith({ files: [{ path: '/l/a' }], links: [link] }),
    ['error IGNITION_PATH_THROUGH_LINK $.storage.files.0.path'],
  ],
  [
    'a directory does not go through a link',
    storageWith({ directories: [{ path: '/l/a/b' }], links: [link] }),
    ['error IGNITION_PATH_THROUGH_LINK $.storage.directories.0.path'],
  ],
  [
    'a link does not go through a link',
    storageWith({ links: [{ path: '/l/a', target: '/t' }, link] }),
    ['error IGNITION_PATH_THROUGH_LINK $.storage.links.0.path'],
  ],
  [
    'a path that begins with the same letters goes another way',
    storageWith({ files: [{ path: '/link' }], links: [link] }),
    [],
  ],
  [
    'a path does not go through a file',
    storageWith({ files: [{ path: '/f' }], directories: [{ path: '/f/d' }] }),
    ['warning IGNITION_PATH_THROUGH_FILE $.storage.directories.0.path'],
  ],
]

const together = [
  { files: [{ path: '/l' }], links: [link] },
  { directories: [{ path: '/l' }], links: [link] },
  { links: [link, link] },
]

const duplicates: readonly Case[] = [
  ...together.map(
    (storage): Case => [
      `a path is one thing: ${Object.keys(storage).join(' and ')}`,
      storageWith(storage),
      [`error IGNITION_DUPLICATE $.storage.links.${storage.links.length - 1}.path`],
    ],
  ),
  [
    'a path is one thing: directories and files',
    storageWith({ files: [{ path: '/a' }], directories: [{ path: '/a' }] }),
    ['error IGNITION_DUPLICATE $.storage.files.0.path'],
  ],
]

function withUnit(unit: object, storage: object) {
  return configWith({ storage, systemd: { units: [{ name: 'a.service', ...unit }] } })
}

const contents = '[Service]\n'
const unitPath = '/etc/systemd/system/a.service'
const dropinPath = `${unitPath}.d/b.conf`

const units: readonly Case[] = [
  [
    'a file is not where a unit is written',
    withUnit({ contents }, { files: [{ path: unitPath }] }),
    ['error IGNITION_PATH_OF_UNIT $.storage.files.0.path'],
  ],
  [
    'a directory is not where a unit is written',
    withUnit({ contents }, { directories: [{ path: unitPath }] }),
    ['error IGNITION_PATH_OF_UNIT $.storage.directories.0.path'],
  ],
  [
    'a link is not where a drop-in is written',
    withUnit(
      { dropins: [{ name: 'b.conf', contents }] },
      { links: [{ path: dropinPath, target: 'a' }] },
    ),
    ['error IGNITION_PATH_OF_UNIT $.storage.links.0.path'],
  ],
  [
    'a unit without contents is not written',
    withUnit(
      { contents: '', dropins: [{ name: 'b.conf' }] },
      { files: [{ path: unitPath }, { path: '/etc/systemd/system/a.service.d' }] },
    ),
    [],
  ],
]

testRules([...ways, ...duplicates, ...units])
