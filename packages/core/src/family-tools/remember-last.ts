/**
 * A function that computes its result anew only when its text is another than the last time: the tokens of instructions are most
 * of the work of encoding a post, and the instructions are the same for every post of a run.
 */
export function rememberLast<Result>(compute: (text: string) => Result): (text: string) => Result {
  let last: { readonly text: string; readonly result: Result } | undefined;
  return (text) => {
    if (last?.text !== text) last = { text, result: compute(text) };
    return last.result;
  };
}
