import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const tsc = join(root, 'node_modules/typescript/bin/tsc');
/** npm without the settings that the npm which runs the tests hands down. */
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')));

const MINUTE = 60_000;
const NOT_COPIED = new Set(['node_modules', 'dist', '.git', 'coverage', 'results']);

/** A user's folder with Halyard installed from the tarball that would be published, and nothing else. */
export interface PackedPackage extends AsyncDisposable {
  readonly folder: string;
  /** The paths in the tarball, as npm lists them. */
  readonly files: readonly string[];
  /** Writes a file into the folder; resolves to its path. */
  write(name: string, text: string): Promise<string>;
  /** Runs a script of the folder to its end; rejects with what it printed if it fails or takes more than 10 s. */
  node(name: string): Promise<string>;
  /** Compiles files of the folder next to themselves, as strictly as a user may; rejects with the compiler's words. */
  compile(...names: string[]): Promise<void>;
  /** The text of a file of the installed package. */
  read(name: string): Promise<string>;
}

/** Packs a copy of the project, so that no other test sees its `dist/` change, and installs the tarball offline. */
export async function installPackedPackage(): Promise<PackedPackage> {
  const scratch = await mkdtemp(join(tmpdir(), 'halyard-package-'));
  const remove = (): Promise<void> => rm(scratch, { recursive: true, force: true });
  try {
    const { tarball, files } = await pack(join(scratch, 'copy'), scratch);
    const folder = join(scratch, 'user');
    await install(tarball, folder);
    return userFolder(folder, files, remove);
  } catch (error) {
    await remove();
    throw error;
  }
}

async function pack(copy: string, destination: string): Promise<{ tarball: string; files: string[] }> {
  await cp(root, copy, { recursive: true, filter: (path) => !NOT_COPIED.has(basename(path)) });
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', destination], {
    cwd: copy,
    env: environment,
    timeout: MINUTE,
    maxBuffer: 1 << 26,
  });
  // What the build prints comes before the JSON.
  const [packed] = JSON.parse(stdout.slice(stdout.indexOf('[\n'))) as [{ filename: string; files: { path: string }[] }];
  return { tarball: join(destination, packed.filename), files: packed.files.map(({ path }) => path) };
}

async function install(tarball: string, folder: string): Promise<void> {
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  const flags = ['--offline', '--omit=optional', '--no-audit', '--no-fund', '--no-package-lock'];
  await run('npm', ['install', ...flags, tarball], { cwd: folder, env: environment, timeout: MINUTE });
  // A TypeScript user has these besides.
  await symlink(join(root, 'node_modules/@types'), join(folder, 'node_modules/@types'));
  await symlink(join(root, 'node_modules/undici-types'), join(folder, 'node_modules/undici-types'));
}

function userFolder(folder: string, files: string[], remove: () => Promise<void>): PackedPackage {
  return {
    folder,
    files,
    async write(name, text) {
      await writeFile(join(folder, name), text);
      return join(folder, name);
    },
    async node(name) {
      const { stdout } = await run(process.execPath, [name], { cwd: folder, timeout: 10_000 });
      return stdout;
    },
    async compile(...names) {
      const flags = ['--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', 'false', '--types', 'node'];
      const target = ['--module', 'nodenext', '--target', 'es2023', '--lib', 'es2023,esnext.disposable'];
      await run(process.execPath, [tsc, ...flags, ...target, ...names], { cwd: folder, timeout: MINUTE }).catch(
        (error: { stdout: string }) => {
          throw new Error(error.stdout, { cause: error });
        },
      );
    },
    read: (name) => readFile(join(folder, 'node_modules/halyard', name), 'utf8'),
    [Symbol.asyncDispose]: remove,
  };
}
