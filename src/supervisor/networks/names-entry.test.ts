import assert from 'node:assert/strict'
import { it } from 'node:test'
import { withNames } from './names-entry.ts'

it('names of a container are changed in its entry alone, with what else stands there', () => {
  const entries = '10.1.0.1\naaa 10.1.0.2  web,aaa 9.9.9.9\nbbb 10.1.0.3 fd00::3 other\n'
  assert.equal(
    withNames(entries, 'bbb', ['web', 'bbb']),
    '10.1.0.1\naaa 10.1.0.2  web,aaa 9.9.9.9\nbbb 10.1.0.3 fd00::3 web,bbb\n',
  )
  assert.equal(
    withNames(entries, 'aaa', ['x']),
    '10.1.0.1\naaa 10.1.0.2  x 9.9.9.9\nbbb 10.1.0.3 fd00::3 other\n',
  )
  assert.equal(withNames(entries, 'ccc', ['x']), entries)
})
