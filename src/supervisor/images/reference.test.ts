import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatReference, parseReference } from './reference.ts'

const digest = `sha256:${'a1'.repeat(32)}`

const canonical: Record<string, string> = {
  busybox: 'docker.io/library/busybox:latest',
  'busybox:1.36': 'docker.io/library/busybox:1.36',
  'team/app': 'docker.io/team/app:latest',
  'docker.io/busybox': 'docker.io/library/busybox:latest',
  'index.docker.io/library/busybox': 'docker.io/library/busybox:latest',
  'localhost/app': 'localhost/app:latest',
  'localhost:5000/app:v1': 'localhost:5000/app:v1',
  '127.0.0.1:5000/a/b/c': '127.0.0.1:5000/a/b/c:latest',
  '[::1]:5000/app': '[::1]:5000/app:latest',
  'ghcr.io/a/b_c.d__e-f:V.1-x': 'ghcr.io/a/b_c.d__e-f:V.1-x',
  [`quay.io/app@${digest}`]: `quay.io/app@${digest}`,
  [`quay.io/app:v2@${digest}`]: `quay.io/app:v2@${digest}`,
}
for (const [written, meant] of Object.entries(canonical)) {
  test(`${written} means ${meant}, and that means itself`, () => {
    assert.equal(formatReference(parseReference(written)), meant)
    assert.equal(formatReference(parseReference(meant)), meant)
  })
}

const wrong = [
  '',
  'App',
  'a//b',
  'a/../b',
  'app:',
  'app:-v1',
  'app@sha256:12',
  'app@md5:00',
  `app@${digest.toUpperCase()}`,
  'host:99999999/app',
  'http://host/app',
  'user@host/app',
  'host.example/',
  'a b',
  `host.example/${'a'.repeat(256)}`,
]
for (const text of wrong) {
  test(`${JSON.stringify(text)} is refused as a reference`, () => {
    assert.throws(() => parseReference(text), { code: 'SLIPWAY_IMAGES_REFERENCE_INVALID' })
  })
}
