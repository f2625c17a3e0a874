import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hostnameFrom } from './hostname.ts'

test('takes what systemd takes as the name of a host', () => {
  const names: [said: string, name: string | undefined][] = [
    ['web-1\n', 'web-1'],
    ['web_1.example.', 'web_1.example'],
    ['ip-10-0-0-1.ec2.internal', 'ip-10-0-0-1.ec2.internal'],
    [`${'a'.repeat(30)}.${'b'.repeat(40)}`, 'a'.repeat(30)],
    ['a'.repeat(64), 'a'.repeat(64)],
    ['a'.repeat(65), undefined],
    ['', undefined],
    ['my host', undefined],
    ['-a', undefined],
    ['a-.b', undefined],
    ['a..b', undefined],
    ['hôte', undefined],
    ['a\nb', undefined],
  ]
  for (const [said, name] of names) assert.equal(hostnameFrom(said), name, said)
})
