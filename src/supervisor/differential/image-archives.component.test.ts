import assert from 'node:assert/strict'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { cleanUpsOfSuite } from '../testing/suite.ts'
import { Comparison, type Line } from './comparison.ts'
import type { Engine } from './engine.ts'

const layersOf = '--format "{{json .RootFS.Layers}}"'

describe('of images that clients give and take, the docker command line says the same', () => {
  let engines: Comparison
  const cleanUps = cleanUpsOfSuite()

  before(async () => {
    engines = await Comparison.openWithImage(cleanUps)
  })

  const same = (...lines: readonly Line[]) => engines.same(...lines)

  it('when they are saved and loaded', () =>
    same(
      'docker tag IMAGE kept:1',
      'docker tag IMAGE kept:2',
      'docker save --output one.tar IMAGE',
      'docker save --output all.tar kept',
      'docker save --output id.tar $(docker images --quiet --no-trunc kept:1)',
      'docker save kept:1 IMAGE | tar --extract --to-stdout manifest.json',
      'tar --extract --to-stdout --file all.tar manifest.json',
      'tar --extract --to-stdout --file id.tar manifest.json repositories',
      'tar --extract --to-stdout --file all.tar repositories',
      'tar --extract --to-stdout --file all.tar oci-layout index.json',
      'docker save nosuch',
      { line: 'docker save nosuch:1 IMAGE > /dev/null', differs: 'saved-reference' },
      'docker save --output nosuch/x.tar IMAGE',
      'docker rmi kept:1 kept:2',
      'docker load --input all.tar',
      'docker load --quiet < all.tar',
      'docker images | sort',
      'busybox gzip < one.tar | docker load',
      'docker load --input id.tar',
      'docker load --input nosuch.tar',
      'docker run --rm kept:2 cat /www/index.html',
      'docker rmi kept:1 kept:2',
    ))

  it('when they are made of files', () =>
    same(
      'mkdir files; echo text > files/file; ln -s file files/link; touch -d @0 files files/file',
      'tar --create --sort=name --mtime=@0 --file files.tar --directory files .',
      'docker import files.tar made:1 | grep --count sha256:',
      `docker image inspect ${layersOf} made:1`,
      'docker image inspect --format "{{json .Config}}" made:1',
      'docker image inspect --format "{{.Comment}} {{.Author}} {{.Architecture}} {{.Os}}" made:1',
      'docker history --no-trunc --format "{{.CreatedBy}}|{{.Comment}}|{{.Size}}" made:1',
      `docker import --message why --change 'CMD ["cat", "/file"]' --change 'ENV A=1 B="two words"' --change "EXPOSE 80" - made:2 < files.tar | grep --count sha256:`,
      'docker image inspect --format "{{json .Config}}" made:2',
      'docker history --no-trunc --format "{{.CreatedBy}}|{{.Comment}}|{{.Size}}" made:2',
      'busybox gzip < files.tar | docker import - | grep --count sha256:',
      'busybox httpd -p 127.0.0.1:8765 -h .',
      'docker import 127.0.0.1:8765/files.tar made:3 2>&1 | grep --count sha256:',
      `docker image inspect ${layersOf} made:3`,
      'docker image inspect --format "{{.Comment}}" made:3',
      'docker import http://127.0.0.1:8765/nosuch.tar > /dev/null 2>&1',
      'docker import http://127.0.0.1:1/files.tar > /dev/null 2>&1',
      'docker import ftp://127.0.0.1/files.tar > /dev/null 2>&1',
      'docker import --change "RUN make" files.tar 2>&1 | grep --count "RUN is not a valid change command"',
      'docker import --change "ENV A" files.tar > /dev/null 2>&1',
      'docker import files.tar "A b"',
      'docker import nosuch.tar',
      'echo no tar | docker import - > /dev/null 2>&1',
      'docker images --format "{{.Repository}}:{{.Tag}}" made | sort',
      'docker rmi made:1 made:2 made:3 | grep Untagged',
    ))

  it('when they are made of containers', () =>
    same(
      'docker run --name base --env A=1 --label l=1 IMAGE sh -c "echo new > /www/new; echo changed > /www/index.html; mkdir -p /deep/er; echo x > /etc/conf; echo 1 > /etc/group"',
      `docker commit --author me --message why --change 'CMD ["cat", "/www/new"]' base made:1 | grep --count sha256:`,
      'docker run --rm made:1',
      'docker run --rm made:1 cat /www/index.html /etc/conf /etc/group',
      'docker run --rm made:1 ls / /www /deep',
      'docker image inspect --format "{{json .Config.Cmd}} {{json .Config.Env}} {{json .Config.Labels}} {{.Author}} {{.Comment}}" made:1',
      'docker image inspect --format "{{len .RootFS.Layers}} {{.Size}}" made:1',
      'docker history --no-trunc --format "{{.CreatedBy}}|{{.Comment}}|{{.Size}}" made:1',
      'docker run --name gone --env MORE=1 made:1 sh -c "cd /bin; ./busybox rm -r /www /etc/conf; ./busybox mkdir /www; echo back > /www/back"',
      'docker commit gone made:2 > /dev/null',
      'docker run --rm made:2 ls /www; docker run --rm made:2 cat /etc/conf 2>&1',
      'docker history --no-trunc --format "{{.CreatedBy}}|{{.Comment}}|{{.Size}}" made:2',
      'docker create --name unstarted IMAGE echo',
      'docker commit unstarted made:3 > /dev/null',
      'docker image inspect --format "{{len .RootFS.Layers}}" made:3',
      'docker run --detach --name runs IMAGE sh -c "echo a > /a; sleep 1000"',
      'docker commit runs made:4 > /dev/null; docker commit --pause=false runs > /dev/null',
      'docker inspect --format "{{.State.Status}}" runs',
      'docker run --rm made:4 cat /a',
      'docker commit nosuch',
      'docker commit base "A b"',
      'docker commit --change "FROM x" base 2>&1 | grep --count "FROM is not a valid change command"',
      'docker events --since 0 --until 0s --filter event=commit --format "{{.Actor.Attributes.imageRef}} {{.Actor.Attributes.comment}}"',
      'docker rm --force base gone unstarted runs',
      'docker image prune --all --force > /dev/null',
      'docker images --format "{{.Repository}}" made',
    ))

  it('and each engine loads what the other has saved, with the same images', async () => {
    const { docker, slipway } = engines
    const image = '127.0.0.1:5000/test/busybox:1'
    const good = async (engine: Engine, line: string) => {
      const { status, stdout, stderr } = await engine.run(line)
      assert.equal(status, 0, `${engine.name}: ${line}: ${stderr}`)
      return stdout
    }
    for (const [from, to] of [
      [slipway, docker],
      [docker, slipway],
    ] as const) {
      const name = `from-${from.name}:1`
      await good(from, `docker pull --quiet ${image}`)
      await good(from, `docker run --name maker ${image} sh -c "echo hi > /hi"`)
      await good(from, `docker commit maker ${name}; docker rm maker; docker save ${name} > x.tar`)
      await copyFile(join(from.directory, 'x.tar'), join(to.directory, 'x.tar'))
      assert.match(await good(to, 'docker load < x.tar'), new RegExp(`Loaded image: ${name}`))
      assert.equal(await good(to, `docker run --rm ${name} cat /hi`), 'hi\n')
      const inspect = `docker image inspect --format "{{.Id}} {{json .RootFS}}" ${name}`
      assert.equal(await good(to, inspect), await good(from, inspect))
    }
  })
})
