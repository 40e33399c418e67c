import { useMutation, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Form } from "react-aria-components";
import { asProblem } from "../../api/problem";
import { Button } from "../../ui/button";
import { Choice } from "../../ui/choice";
import { Field } from "../../ui/field";
import { Card, Failure } from "../../ui/layout";
import { toast } from "../../ui/toasts";
import { PersonChoice } from "../accounts/person_choice";
import { meQuery } from "../sessions/queries";
import { ArchiveDialog } from "./archive";
import { Notice } from "./parts";
import { editFlag, settled, type Versioned } from "./queries";
import { whyNotChange } from "./rights";
import { kinds } from "./state";
import type { Flag, Kind } from "./types";
import { VariantRows, typedRows, variantsIn, type Typed } from "./variant_rows";
import { sameAs } from "./draft";
import styles from "./flags.module.css";

/** What a flag is in every environment. Another version of it is shown at once, but not over what somebody is typing. */
export function Facts({ flag }: { flag: Versioned<Flag> }) {
  const [held, hold] = useState(flag);
  return <Edit key={held.etag} flag={held} newest={flag} onFollow={hold} />;
}

interface EditProps {
  /** What the form began from. */
  flag: Versioned<Flag>;
  newest: Versioned<Flag>;
  onFollow: (newest: Versioned<Flag>) => void;
}

function Edit({ flag: { value: flag, etag }, newest, onFollow }: EditProps) {
  const { data: signed } = useQuery(meQuery);
  const [name, setName] = useState(flag.name);
  const [description, setDescription] = useState(flag.description);
  const [kind, setKind] = useState<Kind>(flag.kind);
  const [owner, setOwner] = useState(flag.owner);
  const [removal, setRemoval] = useState(flag.expected_removal_at ?? "");
  const [permanent, setPermanent] = useState(flag.permanent);
  const [tags, setTags] = useState(flag.tags.join(", "));
  const [rows, setRows] = useState<readonly Typed[]>(() => typedRows(flag.type, flag.variants));
  const { variants: made, problem: wrong } = variantsIn(flag.type, rows);
  const described = made.map((each) => ({ ...flag.variants.find((before) => before.key === each.key), ...each }));
  const wanted = {
    name: name.trim(),
    description: description.trim(),
    kind,
    owner,
    expected_removal_at: removal || null,
    permanent,
    tags: tags.split(",").map((tag) => tag.trim()).filter(Boolean),
    variants: described,
  };
  const change = Object.fromEntries(Object.entries(wanted).filter(([key, value]) => !sameAs(value, flag[key as keyof Flag] ?? null)));
  const isDirty = Object.keys(change).length > 0;
  const save = useMutation({
    mutationFn: () => editFlag(flag.key, change, etag),
    onSuccess: () => (toast(`${flag.key} was saved.`), settled()),
    onError: (error) => asProblem(error).status === 412 && settled(),
  });
  const isBehind = newest.etag !== etag;
  const follows = isBehind && (!isDirty || save.isSuccess);
  useEffect(() => {
    if (follows) onFollow(newest);
  }, [follows, newest, onFollow]);
  const problem = save.error ? asProblem(save.error) : null;
  const why = flag.archived_at ? "It is archived. Restore it first." : signed && whyNotChange(signed.me, false);
  const barred = why ?? (isBehind ? "Somebody changed it meanwhile." : isDirty ? wrong : "Nothing was changed.");
  return (
    <div className={styles.facts}>
      <Card title="Variants and facts" note="The same in every environment.">
        <Form
          className={styles.cardForm}
          validationErrors={problem?.fieldErrors ?? {}}
          onSubmit={(event) => {
            event.preventDefault();
            if (!barred && !save.isPending) save.mutate();
          }}
        >
          <VariantRows type={flag.type} rows={rows} isFixed={flag.type === "bool" || why !== undefined} onChange={(next) => (setRows(next), save.reset())} />
          <Field label="Name" name="name" value={name} onChange={setName} maxLength={200} isRequired autoComplete="off" isDisabled={why !== undefined} />
          <Field label="Description" name="description" value={description} onChange={setDescription} maxLength={500} isRequired autoComplete="off" isDisabled={why !== undefined} />
          <div className={styles.pair}>
            <Choice label="Kind" value={kind} options={kinds} onChange={setKind} disabled={why !== undefined} />
            <PersonChoice label="Owner" value={owner} isDisabled={why !== undefined} onChange={(id) => (setOwner(id), save.reset())} />
          </div>
          <div className={styles.pair}>
            <Field label="Remove by" name="expected_removal_at" type="date" value={removal} onChange={setRemoval} isDisabled={why !== undefined} />
            <Field label="Tags" name="tags" value={tags} onChange={setTags} maxLength={500} autoComplete="off" isDisabled={why !== undefined} help="Separated by commas." />
          </div>
          <label className={styles.check}>
            <input type="checkbox" checked={permanent} disabled={why !== undefined} onChange={(event) => setPermanent(event.target.checked)} />
            It stays: nobody is reminded to remove it.
          </label>
          {isBehind && !follows && (
            <Notice title="Somebody changed it meanwhile." action={<Button onPress={() => onFollow(newest)}>Reload</Button>}>
              What they saved is shown when you reload. What you typed is lost then.
            </Notice>
          )}
          {problem && problem.status !== 412 && <Failure what="It was not saved." problem={problem} />}
          <div className={styles.buttons}>
            <Button kind="primary" type="submit" busy={save.isPending} {...(barred !== undefined && { why: barred })}>
              Save
            </Button>
          </div>
        </Form>
      </Card>
      {!flag.archived_at && <Archive flag={flag} why={why} />}
    </div>
  );
}

function Archive({ flag, why }: { flag: Flag; why: string | undefined }) {
  const [asks, setAsks] = useState(false);
  return (
    <Card title="Archive" note="When the code asks for it no more.">
      <div className={styles.cardForm}>
        <p>Programs that still ask for it get their own default. Its key stays taken, and it can be brought back: off everywhere, with its rules as they were.</p>
        {flag.stale.length > 0 && <p>{flag.stale.map((each) => each.detail).join(" ")}</p>}
        <div className={styles.buttons}>
          <Button kind="risk" onPress={() => setAsks(true)} {...(why !== undefined && { why })}>
            Archive
          </Button>
        </div>
      </div>
      <ArchiveDialog flag={flag} isOpen={asks} onClose={() => setAsks(false)}>
        {flag.references.length > 0 && `The code still names it at ${flag.references.length} places.`}
      </ArchiveDialog>
    </Card>
  );
}
