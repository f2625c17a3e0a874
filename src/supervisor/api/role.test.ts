import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { mayAct } from './role.ts'
import { routes } from './routes.ts'

describe('the roles of the API', () => {
  it('include each other', () => {
    assert.ok(mayAct('admin', 'operator'))
    assert.ok(mayAct('operator', 'operator'))
    assert.ok(!mayAct('read-only', 'operator'))
    assert.ok(!mayAct('operator', 'admin'))
  })

  it('let nobody change anything, or take files and secrets out, by a route that only reads', () => {
    const readable = routes.filter(({ role }) => role === 'read-only')
    assert.ok(readable.length > 5)
    for (const { methods, path } of readable) {
      assert.ok(
        methods.every((method) => ['GET', 'HEAD'].includes(method)) || path.endsWith('/wait'),
        path,
      )
      assert.doesNotMatch(path, /archive|export|\/get$|attach|exec/)
    }
  })

  it('let an operator make nothing and enter nothing', () => {
    for (const { methods, path, role } of routes)
      if (
        /create|exec|attach|commit|archive|import|load|shutdown/.test(path) &&
        methods.includes('POST')
      )
        assert.ok(role === undefined || role === 'admin', path)
  })
})
