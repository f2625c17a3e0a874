import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { cleanUpsOfSuite } from '../testing/suite.ts'
import { Comparison, type Line } from './comparison.ts'

describe('of files in containers, the docker command line says the same', () => {
  let engines: Comparison
  const cleanUps = cleanUpsOfSuite()

  before(async () => {
    engines = await Comparison.openWithImage(cleanUps)
    for (const { directory } of [engines.docker, engines.slipway]) {
      await mkdir(join(directory, 'tree/deep'), { recursive: true })
      await writeFile(join(directory, 'tree/deep/file'), 'text\n')
      await writeFile(join(directory, 'file'), 'one file\n')
      await symlink('deep', join(directory, 'tree/link'))
    }
  })

  const same = (...lines: readonly Line[]) => engines.same(...lines)

  it('when they are copied into containers', () =>
    same(
      'docker run -d --name in -v data:/data -v data:/ro:ro IMAGE sleep 1000 > /dev/null',
      'docker cp tree in:/',
      'docker cp tree/. in:/www',
      'docker cp tree in:/new',
      'docker cp tree in:/none/new',
      'docker cp file in:/www/',
      'docker cp file in:/renamed',
      'docker cp file in:/nosuch/',
      'docker cp file in:/renamed/',
      'docker cp file in:/tree',
      'docker cp tree in:/renamed',
      'docker cp file in:/tree/deep',
      'docker cp file in:/tree/link',
      'docker cp file in:/tree/link/other',
      'docker cp tree/link in:/copied-link',
      'docker cp --follow-link tree/link in:/followed',
      'docker cp file in:/data/file',
      'docker cp file in:/ro/file',
      'docker cp file nosuch:/',
      'docker exec in sh -c "ls -1 / /www /tree /tree/deep /new /followed; ls -ldn /renamed /copied-link /tree/link; cat /data/file"',
      'docker rm --force in',
    ))

  it('when they are copied out of containers', () =>
    same(
      'docker run --name out -v out:/data IMAGE sh -c "echo a > /data/a; echo b > /b; mknod /pipe p; ln -s /www /web; ln -s /none /dangling; ln -s ../../../b /up"',
      'docker cp out:/www - | tar --numeric-owner -tvf - | sed "s/  */ /g" | sort',
      'docker cp out:/www/. - | tar -tf - | sort',
      'docker cp out:/www/ - | tar -tf - | sort',
      'docker cp out:/web - | tar -tvf - | sed "s/.* web/web/"',
      'docker cp out:/web/ - | tar -tf - | sort',
      'docker cp --follow-link out:/web - | tar -tf - | sort',
      'docker cp --follow-link out:/dangling -',
      'docker cp --follow-link out:/up - | tar -tf -',
      'docker cp out:/data - | tar -tf - | sort',
      'docker cp out:/pipe - | tar -tvf - | cut -c 1-10',
      'docker cp out:/none there',
      'docker cp out:/b/ there',
      'docker cp out:/b there && cat there',
      'docker cp out:/www there',
      'docker cp out:/www new && ls new',
      'docker cp out:/ whole && ls whole',
      'docker cp out:/etc/. into && ls into | grep -v mtab',
      'docker cp out: there',
      'docker cp out:/b out:/c',
      'docker rm --volumes out',
    ))

  it('when they are listed as changes', () =>
    same(
      'docker create --name one IMAGE echo > /dev/null; docker diff one | sort; docker rm one > /dev/null',
      'docker run --name one IMAGE echo; docker diff one | sort; docker rm one > /dev/null',
      'docker run --name one IMAGE sh -c "echo a > /a; mkdir -p /d/e; echo b > /d/e/f; rm /etc/group; echo c >> /etc/passwd"; docker diff one | sort; docker rm one > /dev/null',
      'docker run --name one IMAGE sh -c "rm -r /www; mkdir /www; echo x > /www/x; echo y > /www/index.html"; docker diff one | sort; docker rm one > /dev/null',
      'docker run --name one IMAGE sh -c "rm -r /www"; docker diff one | sort; docker rm one > /dev/null',
      'docker run --name one -v /volume -v /www/deep IMAGE sh -c "echo > /volume/a"; docker diff one | sort; docker rm --volumes one > /dev/null',
      'docker run --name one IMAGE sh -c "echo > /etc/new; rm /bin/ls; chmod 700 /bin"; docker diff one | sort; docker rm one > /dev/null',
      'docker run -d --name one IMAGE sh -c "echo > /running; exec sleep 1000" > /dev/null; sleep 1; docker diff one | sort; docker rm --force one > /dev/null',
      'docker diff nosuch',
    ))

  it('when they are exported', () =>
    same(
      {
        line: 'docker run --name one -v /volume IMAGE sh -c "echo > /volume/a; echo b > /b; rm /bin/ls"; docker export one | tar --numeric-owner -tvf - | sed "s/  */ /g; s/....-..-.. ..:.. //" | sort',
        differs: 'exported-root',
      },
      'docker export --output file.tar one && tar -xOf file.tar b',
      'docker rm --volumes one',
      'docker export nosuch | cat',
    ))
})
