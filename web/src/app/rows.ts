// The lists that J and K walk, and the field that / leads to, found in the page that is shown: no page listens to keys.
//
// A list carries `data-list`; its children are the rows. With `data-list="links"` a row's first link opens it, takes the
// focus, and Enter follows it; with `data-list="rows"` there is nothing to open, the row itself takes the focus, and Tab
// goes on to what can be done with it. Several lists of one page are walked one after another. The field is the first
// one of what has the role `search`.

const rows_of_page = "main [data-list] > *";
const fields = "main [role=search] :is(input, select)";

/** Down (1) or up (-1) by one; to the first row from anywhere else. At either end it stays on the row. */
export function walk(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>(rows_of_page)];
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = at < 0 ? rows[0] : (rows[at + step] ?? rows[at]);
  if (!next) return;
  const link = next.parentElement?.dataset.list === "links" ? next.querySelector<HTMLElement>("a[href]") : null;
  if (!link) next.tabIndex = -1;
  (link ?? next).focus();
}

/** With what stands in it selected, so typing begins anew. False where the page has none. */
export function goToSearch(): boolean {
  const field = document.querySelector<HTMLInputElement | HTMLSelectElement>(fields);
  field?.focus();
  if (field instanceof HTMLInputElement) field.select();
  return field !== null;
}
