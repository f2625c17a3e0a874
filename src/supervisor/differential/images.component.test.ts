import { after, before, describe, it } from 'node:test'
import type { CleanUps } from '../testing/world.ts'
import { Comparison, type Line } from './comparison.ts'

describe('of images, the docker command line says the same', () => {
  let engines: Comparison
  const cleanUps: (() => Promise<void>)[] = []
  const context: CleanUps = { after: (cleanUp) => void cleanUps.push(cleanUp) }

  before(async () => {
    engines = await Comparison.open(context)
  })
  after(async () => {
    for (const cleanUp of cleanUps) await cleanUp()
  })

  const image = '127.0.0.1:5000/test/busybox'
  const same = (...lines: readonly Line[]) =>
    engines.same(
      ...lines.map((line) =>
        typeof line === 'string'
          ? line.replaceAll('IMAGE', image)
          : { ...line, line: line.line.replaceAll('IMAGE', image) },
      ),
    )

  it('and of both engines what they are, and that nothing runs', () =>
    same(
      { line: 'docker version', differs: 'versions' },
      'docker ps',
      'docker ps --all',
      'docker logs nosuch',
      'docker images',
    ))

  it('when one is pulled', () =>
    same(
      // Docker tells of short steps or not, as its luck has it.
      'docker pull IMAGE:1 | grep --invert-match "Verifying\\|Download complete"',
      'docker pull IMAGE:1',
      'docker pull --quiet IMAGE:1',
      'docker pull IMAGE:nosuch',
      'docker pull 127.0.0.1:5000/test/nosuch:1',
      'docker pull IMAGE@sha256:0000000000000000000000000000000000000000000000000000000000000000',
      'docker images',
      'docker images --digests | sort',
      'docker pull $(docker images --digests --format "{{.Repository}}@{{.Digest}}" IMAGE)',
      'docker images --format "{{.Repository}} {{.Tag}} {{.ID}} {{.Size}} {{.SharedSize}}"',
    ))

  it('when it is looked at', () =>
    same(
      'docker image inspect --format "{{json .Config}}" IMAGE:1',
      'docker image inspect --format "{{.Id}} {{json .RepoTags}} {{json .RepoDigests}} {{.Size}}" IMAGE:1',
      'docker image inspect --format "{{json .RootFS}} {{.Architecture}} {{.Os}} {{.Created}}" IMAGE:1',
      'docker image inspect IMAGE:1 | sed "s/overlay2.*\\",*$/overlay2/; /LastTagTime/d; /\\/layers\\//d; /Dir\\"/d"',
      'docker history IMAGE:1',
      'docker history --no-trunc IMAGE:1',
      'docker image inspect nosuch',
      'docker history nosuch:2',
      'docker inspect --type image 0123456789ab',
    ))

  it('when it gets and loses names', () =>
    same(
      'docker tag IMAGE:1 one',
      'docker tag IMAGE:1 team/two:2',
      'docker tag one IMAGE:again',
      'docker tag nosuch three',
      'docker tag one "a b"',
      'docker images | sort',
      'docker images --format "{{.Repository}}:{{.Tag}}" one',
      'docker images --quiet --filter reference="te*/*"',
      'docker images --quiet --filter dangling=true',
      'docker images --quiet --filter label=a=b',
      'docker images --quiet --filter bogus=1',
      'docker rmi one',
      'docker rmi one',
      'docker rmi nosuch:1',
      'docker rmi $(docker images --quiet team/two)',
      'docker rmi IMAGE:again',
      'docker images --digests | sort',
      'docker rmi IMAGE:1',
      'docker images --digests | sort',
      'docker rmi --force $(docker images --quiet team/two)',
      'docker images --all',
      'docker rmi 0123456789ab',
    ))

  it('when containers are made of it', () =>
    same(
      'docker pull --quiet IMAGE:1',
      'docker create --name byname IMAGE:1 echo',
      'docker create --name byid $(docker images --quiet IMAGE) echo',
      'docker create --name bydigest $(docker images --digests --format "{{.Repository}}@{{.Digest}}" IMAGE) echo',
      'docker run --name ended IMAGE:1 echo',
      'docker run --detach --name runs IMAGE:1 sleep 1000',
      'docker ps --all --format "{{.Names}} {{.Image}}"',
      'docker rmi IMAGE:1 2>&1 | sed "s/container [0-9a-f]* is/container ID is/"',
      'docker images',
      'docker rm --force runs',
      'docker image prune --force',
      'docker image prune --all --force',
      'docker rm byname byid bydigest ended',
      'docker image prune --all --force --filter until=1h',
      'docker image prune --all --force',
      'docker images --all',
    ))

  it('when it is pushed', () =>
    same(
      'docker pull --quiet IMAGE:1',
      'docker push IMAGE:1 | grep --invert-match digest:',
      'docker tag IMAGE:1 127.0.0.1:5000/other:1',
      'docker push 127.0.0.1:5000/other:1 | grep --invert-match digest:',
      'docker push --quiet 127.0.0.1:5000/other:1',
      'docker tag IMAGE:1 127.0.0.1:5000/other:2',
      'docker push --all-tags 127.0.0.1:5000/other | grep --invert-match digest:',
      'docker push 127.0.0.1:5000/nosuch:1',
      'docker push 127.0.0.1:5000/other:3',
      'docker push 127.0.0.1:1/other',
      'docker rmi 127.0.0.1:5000/other:2 127.0.0.1:5000/other:1 | grep --invert-match sha256',
      'docker rmi IMAGE:1 | grep --invert-match sha256',
      'docker pull --quiet 127.0.0.1:5000/other:1',
      'docker run --rm 127.0.0.1:5000/other:1 cat /www/index.html',
      'docker rmi 127.0.0.1:5000/other:1 | grep --invert-match sha256',
    ))

  it('when disk space is asked for', () =>
    same(
      'docker system df',
      'docker pull --quiet IMAGE:1',
      'docker create --name one IMAGE:1 echo',
      'docker system df',
      'docker system df --verbose',
      'docker rm one',
      'docker rmi IMAGE:1',
    ))
})
