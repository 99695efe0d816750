const mostCharacters = 40;

/** A label as tables and messages name it: on one line, control characters escaped, long ones cut. */
export function nameOfLabel(label: string): string {
  const characters = [...label.replace(/\p{Cc}/gu, (control) => JSON.stringify(control).slice(1, -1))];
  return characters.length <= mostCharacters ? characters.join('') : `${characters.slice(0, mostCharacters - 1).join('')}…`;
}
