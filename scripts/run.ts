import { spawn } from 'node:child_process';

/** Runs a program with our output; answers whether it succeeded. After `limitMs`, if given, it is told to end. */
export function run(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
  limitMs?: number,
): Promise<boolean> {
  const [program = '', ...args] = argv;
  console.log(`\n› ${argv.join(' ').slice(0, 200)}`);
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, ...env }, timeout: limitMs });
    child.once('error', (error) => {
      console.error(error.message);
      resolve(false);
    });
    child.once('exit', (code) => resolve(code === 0));
  });
}
