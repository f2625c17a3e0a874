import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isSlipwayError } from '../../errors/error.ts'
import { parseSettings } from '../settings/settings.ts'

const parse = (policy: unknown) =>
  parseSettings(JSON.stringify({ images: { policy } }), 's.yaml').policy

describe('the policy of images', () => {
  it('says for names of repositories what their images must be', () => {
    const policy = parse([
      { for: 'docker.io', require: 'digest' },
      { for: 'index.docker.io/library', require: 'none' },
      { for: 'r.example:5000/shop', require: 'cosign', keys: ['/a.pub', '/b.pub'] },
      { for: '*', require: 'refused' },
    ])
    assert.deepEqual(policy, [
      { scope: 'docker.io', require: { kind: 'digest' } },
      { scope: 'docker.io/library', require: { kind: 'none' } },
      {
        scope: 'r.example:5000/shop',
        require: { kind: 'cosign', keyFiles: ['/a.pub', '/b.pub'], anyRepository: false },
      },
      { scope: '*', require: { kind: 'refused' } },
    ])
  })

  it('is refused with every mistake at its place', () => {
    assert.throws(
      () =>
        parse([
          { require: 'digest' },
          { for: 'shop', require: 'digest' },
          { for: 'r.example/shop:1', require: 'digest' },
          { for: 'r.example', require: 'signature' },
          { for: 'r.example', require: 'cosign' },
          { for: 'r.example', require: 'digest', keys: ['/a.pub'] },
          { for: 'r.example', require: 'cosign', keys: ['a.pub'] },
          { for: 'r.example' },
        ]),
      (error) => {
        const problems = String(isSlipwayError(error) && error.details.problems).split('\n')
        const expected = [
          /policy\[0\]: expected for: a registry/,
          /policy\[1\]\.for: expected a registry.*found "shop"/,
          /policy\[2\]\.for: expected a registry/,
          /policy\[3\]\.require: expected none, digest, cosign or refused, found "signature"/,
          /policy\[4\]: require: cosign needs keys/,
          /policy\[5\]\.keys: keys is for require: cosign/,
          /policy\[6\]\.keys\[0\]: expected an absolute path/,
          /policy\[6\]\.for: there is a rule for r\.example already/,
          /policy\[7\]: expected require: none/,
        ]
        for (const pattern of expected)
          assert.ok(
            problems.some((problem) => pattern.test(problem)),
            `${pattern} is not in\n${problems.join('\n')}`,
          )
        assert.equal(problems.length, expected.length)
        return true
      },
    )
  })
})
