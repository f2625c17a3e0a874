import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { JsonShapeError } from '../../json/value.ts'
import { parseReference } from '../images/reference.ts'
import { mismatch } from './simple-signing.ts'
import { payloadOf } from './testing/cosign.ts'

const [one, other] = ['1', '2'].map((digit) => `sha256:${digit.repeat(64)}`) as [string, string]

const problem = (payload: Buffer | string, image = 'r.example/shop/web:1', digests = [one]) =>
  mismatch(Buffer.from(payload), {
    reference: parseReference(image),
    digests,
    anyRepository: false,
  })

describe('what a signature says', () => {
  it('must be the digest of the index or of the manifest', () => {
    const payload = payloadOf('r.example/shop/web', one)
    assert.equal(problem(payload), undefined)
    assert.equal(problem(payload, undefined, [other, one]), undefined)
    assert.equal(problem(payload, undefined, [other]), `it signs ${one}`)
  })

  it('must be the repository, in whatever way Docker Hub is called', () => {
    const is = (name: string, image: string) => problem(payloadOf(name, one), image) === undefined
    assert.ok(is('index.docker.io/library/busybox', 'busybox'))
    assert.ok(is('r.example/shop/web', `r.example/shop/web@${one}`))
    assert.ok(!is('r.example/shop/db', 'r.example/shop/web'))
    assert.ok(!is('other.example/shop/web', 'r.example/shop/web'))
    assert.ok(!is('not a name', 'r.example/shop/web'))
  })

  it('must be the tag too, where the signer said one and one is asked for', () => {
    const is = (name: string, image: string) => problem(payloadOf(name, one), image) === undefined
    assert.ok(is('r.example:5000/web:1', 'r.example:5000/web:1'))
    assert.ok(!is('r.example:5000/web:1', 'r.example:5000/web:2'))
    assert.ok(!is('r.example:5000/web:1', 'r.example:5000/web'))
    assert.ok(is('r.example:5000/web:1', `r.example:5000/web@${one}`))
    assert.ok(is('r.example:5000/web', 'r.example:5000/web:2'))
  })

  it('must be of cosign’s kind and well-formed', () => {
    const foreign = payloadOf('r.example/shop/web', one, 'atomic container signature')
    assert.equal(problem(foreign), 'it signs a "atomic container signature"')
    for (const text of ['', '[]', '{}', '{"critical":{"type":7}}', '{"critical":null}'])
      assert.throws(() => problem(text), JsonShapeError)
    const upper = String(payloadOf('r.example/shop/web', one)).replace('docker-m', 'Docker-m')
    assert.throws(() => problem(upper), /docker-manifest-digest is not a text/)
  })

  it('need not be the repository where the rule says so, but the digest', () => {
    const any = (digest: string) =>
      mismatch(payloadOf('elsewhere.example/app', digest), {
        reference: parseReference('r.example/shop/web'),
        digests: [one],
        anyRepository: true,
      })
    assert.equal(any(one), undefined)
    assert.equal(any(other), `it signs ${other}`)
  })
})
