import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { localFiles } from './local-files.ts'
import { directoryWith, places, renderText } from './testing/render-text.ts'

test('contents of local files: files, units, drop-ins, keys and certificates', (t) => {
  const directory = directoryWith(t, {
    'a/b.txt': 'hello\n',
    'x.service': '[Service]\nExecStart=/a\n',
    keys: 'ssh-ed25519 A\r\n\nssh-ed25519 B\n',
  })
  const yaml = `storage:
  files: [{path: /a, contents: {local: a/b.txt}}]
systemd:
  units:
    - {name: x.service, contents_local: x.service, dropins: [{name: d.conf, contents_local: x.service}]}
passwd:
  users: [{name: core, ssh_authorized_keys: [ssh-ed25519 C], ssh_authorized_keys_local: [keys]}]
ignition:
  security: {tls: {certificate_authorities: [{local: a/b.txt}]}}
`
  const result = renderText('fcos 1.7.0', yaml, { files: localFiles(directory) })
  assert.deepEqual(places(result), [])
  const unit = '[Service]\nExecStart=/a\n'
  const hello = { source: 'data:,hello%0A', compression: '' }
  assert.deepEqual(result.config, {
    ignition: {
      version: '3.6.0',
      security: { tls: { certificateAuthorities: [hello] } },
    },
    storage: { files: [{ path: '/a', contents: hello }] },
    systemd: {
      units: [{ name: 'x.service', contents: unit, dropins: [{ name: 'd.conf', contents: unit }] }],
    },
    passwd: {
      users: [
        { name: 'core', sshAuthorizedKeys: ['ssh-ed25519 C', 'ssh-ed25519 A', 'ssh-ed25519 B'] },
      ],
    },
  })
})

test('a tree brings files, by their executable bit, and links, in the order of the names', (t) => {
  const directory = directoryWith(t, { 't/b/run': 'r', 't/a': 'a', 't/c': 'c' })
  chmodSync(join(directory, 't/b/run'), 0o711)
  symlinkSync('../a', join(directory, 't/b/link'))
  const yaml =
    'storage:\n  files: [{path: /opt/c, mode: 0600, user: {id: 5}}]\n  trees: [{local: t, path: /opt}]\n'
  const result = renderText('fcos 1.2.0', yaml, { files: localFiles(directory) })
  assert.deepEqual(places(result), [])
  const contents = (text: string) => ({ source: `data:,${text}`, compression: '' })
  assert.deepEqual(Object(result.config).storage, {
    files: [
      { path: '/opt/c', mode: 0o600, user: { id: 5 }, contents: contents('c') },
      { path: '/opt/a', mode: 0o644, contents: contents('a') },
      { path: '/opt/b/run', mode: 0o755, contents: contents('r') },
    ],
    links: [{ path: '/opt/b/link', target: '../a' }],
  })
})

test('a tree with owner and modes brings its directories too, from 1.7.0 of fcos on', (t) => {
  const directory = directoryWith(t, { 't/d/a': 'a' })
  const yaml =
    'storage:\n  trees: [{local: t, path: /srv/t, user: {name: core}, file_mode: 0640, dir_mode: 0750}]\n'
  const files = localFiles(directory)
  const { config } = renderText('slipway 1.0.0', yaml, { files })
  const user = { name: 'core' }
  assert.deepEqual(Object(config).storage, {
    files: [
      { path: '/srv/t/d/a', user, contents: { source: 'data:,a', compression: '' }, mode: 0o640 },
    ],
    directories: [
      { path: '/srv/t', user, mode: 0o750 },
      { path: '/srv/t/d', user, mode: 0o750 },
    ],
  })
  assert.deepEqual(places(renderText('fcos 1.6.0', yaml, { files })), [
    '4:36 RENDER_KEY_NEWER $.storage.trees.0.user',
    '4:56 RENDER_KEY_NEWER $.storage.trees.0.file_mode',
    '4:73 RENDER_KEY_NEWER $.storage.trees.0.dir_mode',
  ])
})

test('trees that cannot be, each at its place', (t) => {
  const directory = directoryWith(t, { 't/a': 'a', file: 'x' })
  const yaml = `storage:
  files: [{path: /a, contents: {inline: x}}]
  trees:
    - local: t
    - local: file
    - local: nothing
    - path: /b
`
  const result = renderText('fcos 1.5.0', yaml, { files: localFiles(directory) })
  assert.deepEqual(places(result), [
    '6:14 RENDER_TREE_NODE_EXISTS $.storage.trees.0',
    '7:14 RENDER_TREE_DIRECTORY $.storage.trees.1',
    '8:14 RENDER_LOCAL_UNREADABLE $.storage.trees.2',
    '9:7 RENDER_TREE_LOCAL $.storage.trees.3',
  ])
})

test('no path leads out of the directory, by its steps or by links', (t) => {
  const outside = directoryWith(t, { secret: 's', 'files/a': 'a' })
  const directory = join(outside, 'files')
  symlinkSync('../secret', join(directory, 'link'))
  mkdirSync(join(directory, 'd'))
  symlinkSync('a', join(directory, 'inside'))
  const contents = ['../secret', '/../secret', 'link', 'd/../a', 'inside', '/a']
  const files = contents.map((path, index) => `{path: /${index}, contents: {local: ${path}}}`)
  const yaml = `storage:\n  files:\n${files.map((file) => `    - ${file}\n`).join('')}`
  const result = renderText('fcos 1.5.0', yaml, { files: localFiles(directory) })
  assert.deepEqual(places(result), [
    '5:36 RENDER_FILES_DIR_ESCAPE $.storage.files.0.contents.local',
    '6:36 RENDER_FILES_DIR_ESCAPE $.storage.files.1.contents.local',
    '7:36 RENDER_FILES_DIR_ESCAPE $.storage.files.2.contents.local',
  ])
})

test('a unit that is not text is told at its place', (t) => {
  const directory = directoryWith(t, { u: 'x' })
  const files = localFiles(directory)
  const bytes = { ...files, read: () => ({ content: Buffer.from([0xff]), file: 'u' }) }
  const yaml = 'systemd:\n  units: [{name: a.service, contents_local: u}]\n'
  assert.deepEqual(places(renderText('fcos 1.5.0', yaml, { files: bytes })), [
    '4:45 RENDER_LOCAL_NOT_TEXT $.systemd.units.0.contents_local',
  ])
})

test('a tree does not hide that a list has another type', (t) => {
  const files = localFiles(directoryWith(t, { 't/a': 'a' }))
  const yaml = 'storage:\n  files: {path: /b}\n  trees: [{local: t}]\n'
  assert.deepEqual(places(renderText('fcos 1.5.0', yaml, { files })), [
    '4:10 IGNITION_TYPE $.storage.files',
  ])
})
