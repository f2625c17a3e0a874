import assert from 'node:assert/strict'
import { test } from 'node:test'
import { escapePath } from './unit-name.ts'

/** Made with systemd-escape --path. */
const names = {
  '/': '-',
  '/var/lib': 'var-lib',
  '//var//lib/': 'var-lib',
  '/srv/my-data': 'srv-my\\x2ddata',
  '/.hidden/.x': '\\x2ehidden-.x',
  '/dev/disk/by-id/a b': 'dev-disk-by\\x2did-a\\x20b',
  '/é:_': '\\xc3\\xa9:_',
}

test('a path is escaped as systemd does it', () => {
  for (const [path, name] of Object.entries(names)) assert.equal(escapePath(path), name)
})
