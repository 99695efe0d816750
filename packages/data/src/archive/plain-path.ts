/** Whether a `/`-separated path stays inside the folder it starts from, on every operating system. @internal */
export function isPlainPath(path: string): boolean {
  if (path === '' || /[\\:\u0000-\u001F]/.test(path)) return false;
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}
