import assert from 'node:assert/strict'
import { test } from 'node:test'
import { machineMirrors, packageSources } from './sources.ts'

test('Debian’s archives are found among apt’s repositories, the first of each', () => {
  const targets = [
    'https://packages.example.org/node/',
    'http://mirror.example.org/debian-security/',
    'http://mirror.example.org/debian/',
    'http://second.example.org/debian/',
  ].join('\n')
  assert.deepEqual(machineMirrors(targets), {
    archive: 'http://mirror.example.org/debian/',
    security: 'http://mirror.example.org/debian-security/',
  })
})

test('repositories of other systems are none', () => {
  assert.deepEqual(
    machineMirrors('http://mirror.example.org/ubuntu/\nhttp://x.org/debian-ports/'),
    {},
  )
  assert.deepEqual(machineMirrors(''), {})
})

test('the definition’s mirrors make the sources, each bound to Debian’s keyring', async () => {
  const { lines } = await packageSources({
    suite: 'trixie',
    components: ['main', 'contrib'],
    mirror: 'http://127.0.0.1/debian/',
    securityMirror: 'http://127.0.0.1/debian-security',
  })
  const keyring = '[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]'
  assert.deepEqual(lines, [
    `deb ${keyring} http://127.0.0.1/debian trixie main contrib`,
    `deb ${keyring} http://127.0.0.1/debian trixie-updates main contrib`,
    `deb ${keyring} http://127.0.0.1/debian-security trixie-security main contrib`,
  ])
})
