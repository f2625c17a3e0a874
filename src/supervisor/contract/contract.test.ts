import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { Contract } from './contract.ts'

describe('the published definition of the Engine API', () => {
  let contract: Contract
  before(async () => {
    contract = await Contract.read()
  })

  test('takes answers that are as it says, in every version of the path', () => {
    const body = { Id: 'abc', Warnings: [] }
    for (const path of ['/containers/create', '/v1.45/containers/create'])
      assert.deepEqual(contract.problems({ method: 'POST', path, status: 201, body }), [])
  })

  test('tells of a field of another type, of one that is missing, and of a status that is not meant', () => {
    const create = { method: 'POST', path: '/containers/create' }
    assert.deepEqual(contract.problems({ ...create, status: 201, body: { Id: 5, Warnings: [] } }), [
      'POST /containers/create: 201: /Id must be string',
    ])
    assert.match(
      contract.problems({ ...create, status: 201, body: { Warnings: [] } }).join(),
      /must have required property 'Id'/,
    )
    assert.deepEqual(contract.problems({ ...create, status: 299, body: {} }), [
      'POST /containers/create: 299 is not among its answers',
    ])
    assert.deepEqual(contract.problems({ ...create, status: 418, body: { message: 'no' } }), [])
    assert.match(
      contract.problems({ ...create, status: 418, body: {} }).join(),
      /must have required property 'message'/,
    )
  })

  test('knows images by names with slashes, and does not judge calls that are not in it', () => {
    const body = [{ Id: 1 }]
    const path = '/images/127.0.0.1:5000/a/b:1/history'
    assert.match(
      contract.problems({ method: 'GET', path, status: 200, body }).join('\n'),
      /GET \/images\/\{name\}\/history: 200: \/0\/Id must be string/,
    )
    const own = { method: 'GET', path: '/slipway/state', status: 200, body: {} }
    assert.deepEqual(contract.problems(own), [])
  })
})
