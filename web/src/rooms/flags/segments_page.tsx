import { useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { Fragment, useState } from "react";
import { Form } from "react-aria-components";
import { asProblem } from "../../api/problem";
import { Answer } from "../../ui/answer";
import { Button } from "../../ui/button";
import { ConfirmTyped } from "../../ui/confirm";
import { Dialog, DialogActions } from "../../ui/dialog";
import { Field } from "../../ui/field";
import { count, plural } from "../../ui/format";
import { Card, CommandLine, Empty, Failure, Verdict } from "../../ui/layout";
import { Unseen } from "../../ui/mark";
import { toast } from "../../ui/toasts";
import { meQuery } from "../sessions/queries";
import { ClauseEditor } from "./clause";
import { FlagsFeed } from "./feed";
import { changeMembers, deleteSegment, settled, membersQuery, saveSegment, segmentsQuery } from "./queries";
import { whyNotChange } from "./rights";
import { keyOf } from "./state";
import type { Clause, Member, Segment } from "./types";
import { clauseInWords } from "./words";
import styles from "./flags.module.css";
import editor from "./editor.module.css";


/** Which named groups exist, who uses them? */
export function SegmentsPage() {
  const { data: signed } = useQuery(meQuery);
  const query = useQuery(segmentsQuery);
  const [open, setOpen] = useState<Segment | "new">();
  const why = signed && whyNotChange(signed.me, false);
  const failed = query.error !== null && !query.data;
  return (
    <div className={styles.page}>
      <FlagsFeed />
      <Verdict
        tone={failed ? "crit" : "idle"}
        sentence={query.data ? (query.data.length === 0 ? "There is no segment yet." : `${plural(query.data.length, "segment")} that rules can name.`) : failed ? "The segments are not known." : "Reading the segments."}
        actions={
          <Button kind="primary" icon={<Plus size={15} aria-hidden="true" />} onPress={() => setOpen("new")} {...(why !== undefined && { why })}>
            New segment
          </Button>
        }
      >
        A segment is a group of users and organizations that any flag can target. A change of it holds for every flag at once. <Link to="/settings/flags">Feature flags</Link>
      </Verdict>
      <Card label="Segments">
        <Answer query={query} failure="The segments did not come." rows={3} height={54}>
          {(segments) =>
            segments.length > 0 ? (
              <ul className={styles.list} data-list="rows">
                {segments.map((segment) => (
                  <Row key={segment.key} segment={segment} why={why} onEdit={() => setOpen(segment)} />
                ))}
              </ul>
            ) : (
              <Empty title="No segments yet.">
                <p>List its members one by one, or describe them: “plan is one of pro”.</p>
                <CommandLine>acme flags segments --help</CommandLine>
              </Empty>
            )
          }
        </Answer>
      </Card>
      {open && <SegmentDialog key={open === "new" ? "" : open.key} segment={open === "new" ? undefined : open} onClose={() => setOpen(undefined)} />}
    </div>
  );
}

function Row({ segment, why, onEdit }: { segment: Segment; why: string | undefined; onEdit: () => void }) {
  const [asks, setAsks] = useState(false);
  const remove = useMutation({
    mutationFn: () => deleteSegment(segment.key),
    onSuccess: () => (setAsks(false), toast(`${segment.key} is deleted.`), settled()),
  });
  const used = segment.used_by.length > 0 ? `It is used by ${segment.used_by.join(", ")}.` : undefined;
  const barred = why ?? used;
  const members = [segment.users > 0 && plural(segment.users, "user"), segment.orgs > 0 && plural(segment.orgs, "organization")].filter(Boolean).join(", ");
  return (
    <li className={styles.segment} data-testid="segment">
      <div className={styles.grow}>
        <strong>{segment.name}</strong>
        <div className={styles.note}>
          <code>{segment.key}</code> {segment.description}
        </div>
        <div className={styles.note}>
          {[members, ...segment.if.map(clauseInWords)].filter(Boolean).join(" · ") || "nobody is in it"}
          {segment.used_by.length > 0 && " · used by "}
          {segment.used_by.map((flag, index) => (
            <Fragment key={flag}>
              {index > 0 && ", "}
              <Link to="/settings/flags/$key/{-$tab}" params={{ key: flag }}>
                {flag}
              </Link>
            </Fragment>
          ))}
        </div>
      </div>
      <div className={styles.segmentActions}>
        <Button onPress={onEdit} {...(why !== undefined && { why })}>
          Edit<Unseen> {segment.key}</Unseen>
        </Button>
        <Button kind="risk" onPress={() => (remove.reset(), setAsks(true))} {...(barred !== undefined && { why: barred })}>
          Delete<Unseen> {segment.key}</Unseen>
        </Button>
      </div>
      <ConfirmTyped
        title={`Delete ${segment.name}`}
        verb="Delete"
        name={segment.key}
        effect={`Its ${count(segment.users + segment.orgs)} members are forgotten. No flag uses it.`}
        isOpen={asks}
        busy={remove.isPending}
        problem={remove.error ? asProblem(remove.error) : null}
        onConfirm={() => remove.mutate()}
        onClose={() => setAsks(false)}
      />
    </li>
  );
}

/** One id a line; "org_…" are organizations. */
function membersIn(text: string): Member[] {
  return text
    .split(/[\s,;]+/)
    .filter((id) => id !== "")
    .map((id) => ({ kind: id.startsWith("org_") ? "org" : "user", id }));
}

function SegmentDialog({ segment, onClose }: { segment: Segment | undefined; onClose: () => void }) {
  return (
    <Dialog title={segment ? `Edit ${segment.name}` : "New segment"} isOpen onClose={onClose}>
      <Content segment={segment} onClose={onClose} />
    </Dialog>
  );
}

function Content({ segment, onClose }: { segment: Segment | undefined; onClose: () => void }) {
  const [name, setName] = useState(segment?.name ?? "");
  const [typedKey, setKey] = useState<string>();
  const [description, setDescription] = useState(segment?.description ?? "");
  const [clauses, setClauses] = useState<readonly Clause[]>(segment?.if ?? []);
  const [add, setAdd] = useState("");
  const [remove, setRemove] = useState<readonly Member[]>([]);
  const key = segment?.key ?? typedKey ?? keyOf(name);
  const save = useMutation({
    mutationFn: async () => {
      await saveSegment(key, { name: name.trim(), description: description.trim(), if: [...clauses] }, segment);
      const more = membersIn(add);
      if (more.length > 0 || remove.length > 0) await changeMembers(key, more, [...remove]);
    },
    onSuccess: () => (toast(`${key} was saved.`), onClose(), settled()),
  });
  const problem = save.error ? asProblem(save.error) : null;
  const put = (at: number, next: Clause | undefined) => setClauses(clauses.flatMap((clause, index) => (index !== at ? clause : (next ?? []))));
  return (
    <Form
      className={styles.form}
      validationErrors={problem?.fieldErrors ?? {}}
      onSubmit={(event) => {
        event.preventDefault();
        if (!save.isPending) save.mutate();
      }}
    >
      <Field label="Name" name="name" value={name} onChange={setName} maxLength={200} isRequired autoFocus autoComplete="off" />
      {!segment && <Field label="Key" name="key" value={key} onChange={setKey} maxLength={100} isRequired mono autoComplete="off" />}
      <Field label="Description" name="description" value={description} onChange={setDescription} maxLength={500} autoComplete="off" />
      <fieldset className={styles.variantRows}>
        <legend>Who has all of this</legend>
        {clauses.map((clause, index) => (
          <ClauseEditor key={index} clause={clause} label={`Condition ${index + 1}`} onChange={(next) => put(index, next)} onDelete={() => put(index, undefined)} />
        ))}
        <div>
          <Button icon={<Plus size={14} aria-hidden="true" />} onPress={() => setClauses([...clauses, { attribute: "org_id", op: "in", values: [] }])}>
            Add condition
          </Button>
        </div>
      </fieldset>
      <label className={styles.area}>
        <span>And these users and organizations</span>
        <textarea className={editor.text} rows={3} value={add} placeholder="usr_… org_…" spellCheck={false} onChange={(event) => setAdd(event.target.value)} />
        <span className={styles.note}>Ids with spaces or lines between them; they are added to those that are in it.</span>
      </label>
      {segment && <Members segment={segment} removed={remove} onRemove={(member) => setRemove([...remove, member])} />}
      {problem && <Failure what="It was not saved." problem={problem} />}
      <DialogActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button kind="primary" type="submit" busy={save.isPending}>
          Save
        </Button>
      </DialogActions>
    </Form>
  );
}

function Members({ segment, removed, onRemove }: { segment: Segment; removed: readonly Member[]; onRemove: (member: Member) => void }) {
  const query = useInfiniteQuery(membersQuery(segment.key));
  const members = (query.data?.pages.flatMap((page) => page.data) ?? []).filter((member) => !removed.some((each) => each.kind === member.kind && each.id === member.id));
  if (members.length === 0) return null;
  return (
    <div className={styles.members} role="group" aria-label="Members">
      <ul>
        {members.map((member) => (
          <li key={`${member.kind} ${member.id}`}>
            <code>{member.id}</code>
            <Button kind="quiet" onPress={() => onRemove(member)}>
              Remove<Unseen> {member.id}</Unseen>
            </Button>
          </li>
        ))}
      </ul>
      {query.hasNextPage && (
        <Button onPress={() => void query.fetchNextPage()} busy={query.isFetchingNextPage}>
          Load more
        </Button>
      )}
    </div>
  );
}
