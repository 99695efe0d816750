import { bindDrop, bindPaste } from './dropped-files.ts';
import { find } from './elements.ts';

/** The picture of the post, chosen, dropped or pasted. */
export interface PictureField {
  /** Base64 of the file, or undefined when there is none. */
  read(): Promise<string | undefined>;
}

/** Binds the picture field: file input, files dropped or pasted anywhere on the page, and the button that removes it. */
export function bindPicture(onProblem: (message: string | undefined) => void): PictureField {
  const input = find('picture', HTMLInputElement);
  const preview = find('preview', HTMLImageElement);
  const hint = find('drop-hint', HTMLElement);
  const remove = find('remove', HTMLButtonElement);
  let picture: File | undefined;

  const show = (file: File | undefined): void => {
    URL.revokeObjectURL(preview.src);
    picture = file;
    preview.hidden = remove.hidden = file === undefined;
    hint.hidden = file !== undefined;
    hint.textContent = 'Drop a picture, paste one, or choose a file.';
    nameFile(input, file);
    if (file === undefined) {
      preview.removeAttribute('src');
      return;
    }
    preview.src = URL.createObjectURL(file);
    preview.alt = `Your picture: ${file.name}`;
  };
  const take = (files: FileList): void => {
    const [file, ...others] = files;
    if (file === undefined) return;
    const isPicture = looksLikePicture(file);
    onProblem(describeFiles(file, isPicture, others.length));
    show(isPicture ? file : picture);
  };
  preview.addEventListener('error', () => {
    if (picture === undefined) return;
    preview.hidden = true;
    hint.hidden = false;
    hint.textContent = `${picture.name} cannot be shown here. The server may read it all the same.`;
  });
  input.addEventListener('change', () => take(input.files ?? new DataTransfer().files));
  remove.addEventListener('click', () => {
    show(undefined);
    onProblem(undefined);
    input.focus();
  });
  bindPaste(take);
  bindDrop(take);
  return { read: async () => (picture === undefined ? undefined : readBase64(picture)) };
}

/** Makes the file input tell the name of the picture there is, however it came. */
function nameFile(input: HTMLInputElement, file: File | undefined): void {
  const transfer = new DataTransfer();
  if (file !== undefined) transfer.items.add(file);
  input.files = transfer.files;
}

/** Whether a file may be a picture; browsers know no type for some, such as TIFF or AVIF on older systems. */
function looksLikePicture({ type }: File): boolean {
  return type === '' || type.startsWith('image/');
}

function describeFiles({ name }: File, isPicture: boolean, others: number): string | undefined {
  if (!isPicture) return `${name} is not a picture.`;
  return others === 0 ? undefined : `A post has one picture: ${name} was taken, ${others} more ${others === 1 ? 'was' : 'were'} not.`;
}

function readBase64(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/u, ''));
    reader.onerror = () => reject(new Error('The picture cannot be read. Choose it again.'));
    reader.readAsDataURL(file);
  });
}
