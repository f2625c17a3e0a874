import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ContainerLog } from '../containers/spec.ts'
import { testContainer } from '../runtime/testing/container.ts'
import { detailsOf } from './details.ts'
import { parseTag, tagOf } from './tag.ts'

function tagged(tag?: string) {
  const log: ContainerLog = { driver: 'journald', ...(tag === undefined ? {} : { tag }) }
  const container = testContainer({ image: 'registry.example/web:1', log })
  const image = { ...container.image, configDigest: `sha256:${'cd'.repeat(32)}` }
  return { ...container, image }
}

describe('the tag of a container’s lines', () => {
  it('is its name unless told', () => {
    assert.equal(tagOf(tagged()), 'shop-web-1')
    assert.equal(detailsOf(tagged()), '')
  })

  it('says what the template asks for', () => {
    assert.equal(tagOf(tagged('{{.ImageName}}/{{ .Name }}')), 'registry.example/web:1/shop-web-1')
    assert.equal(tagOf(tagged('{{.ID}} {{.ImageID}}')), 'abababababab cdcdcdcdcdcd')
    assert.equal(tagOf(tagged('{{.FullID}}')), 'ab'.repeat(32))
    assert.equal(tagOf(tagged('{{.ImageFullID}}')), `sha256:${'cd'.repeat(32)}`)
    assert.equal(tagOf(tagged('{{.DaemonName}}')), 'docker')
    assert.equal(tagOf(tagged('plain')), 'plain')
  })

  it('is among the details where it was asked for', () => {
    assert.equal(detailsOf(tagged('a {{.Name}}')), 'tag=a+shop-web-1')
  })

  it('takes no template that it could not fill', () => {
    for (const text of ['{{.Env}}', '{{.Name', 'a }} b', '{{range .}}', '{{.Name | upper}}'])
      assert.throws(() => parseTag(text), RangeError, text)
    assert.equal(parseTag('{{.Name}}'), '{{.Name}}')
  })
})
