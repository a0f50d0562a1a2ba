use crate::facts::{ClientRetry, Denial, Ended, Ending, Failure, InvocationType, Observer, StartKind};
use crate::kernel::draws::Purpose;
use crate::lambda::environment::Finished;
use crate::lambda::function::{Context, Function};
use crate::lambda::platform::Reply;
use crate::lambda::task::{Task, Wake};
use crate::units::SimTime;

impl Function {
    /// A client wants to send an attempt; the adaptive mode may hold it back (SDK-4).
    pub fn request<O: Observer>(&mut self, now: SimTime, task: &Task, cx: &mut Context<O>) -> Reply {
        let traffic = cx.flows[task.flow.index()].traffic;
        let at = cx.clients[traffic.index()].send_at(task.ordinal, now);
        if at > now {
            self.wait(at, *task, Wake::Send, cx);
            return Reply::Waiting;
        }
        if cx.flows[task.flow.index()].through {
            return self.pass_through(now, task, cx);
        }
        self.send(now, task, cx)
    }

    /// Steps 1 to 3 of the admission order (lambda-model §3.5), then the rest by invocation type (INV-1…3).
    pub fn send<O: Observer>(&mut self, now: SimTime, task: &Task, cx: &mut Context<O>) -> Reply {
        let refused = match cx.flows[task.flow.index()].sized {
            true => self.refuse_large_payload(now, task, cx),
            false => None,
        };
        if let Some(refused) = refused {
            return refused;
        }
        match cx.flows[task.flow.index()].invocation_type {
            InvocationType::RequestResponse => self.call(now, task, cx),
            InvocationType::Event => self.accept(now, task, cx),
            InvocationType::DryRun => {
                self.end(now, task, Ending::DryRun, StartKind::None, cx);
                Reply::DryRun
            }
        }
    }

    fn call<O: Observer>(&mut self, now: SimTime, task: &Task, cx: &mut Context<O>) -> Reply {
        match self.invoke(now, task, cx) {
            Ok(started) => {
                let traffic = cx.flows[task.flow.index()].traffic;
                let read_timeout = cx.clients[traffic.index()].read_timeout();
                if let Some(read_timeout) = read_timeout.filter(|limit| started.answered.since(now) > *limit) {
                    // INV-10: the invocation goes on and is billed; only its caller is gone.
                    self.environments.get_mut(started.environment).task.abandoned = true;
                    let waiting = Task {
                        start_kind: started.start_kind,
                        ..*task
                    };
                    self.wait(now.saturating_add(read_timeout), waiting, Wake::ReadTimeout, cx);
                } else if started.answered < cx.horizon {
                    if !started.completes {
                        // LIFE-8: the caller has its answer, extensions go on beyond the end of the run.
                        self.environments.get_mut(started.environment).task.abandoned = true;
                    }
                    let ending = if started.verdict.is_ok() {
                        Ending::Succeeded
                    } else {
                        Ending::Failed
                    };
                    self.end(started.answered, task, ending, started.start_kind, cx);
                } else if started.completes {
                    // The environment is free again, but its caller still waits when the run ends.
                    self.wait(started.answered, *task, Wake::Answer, cx);
                }
                Reply::Running {
                    until: started.until,
                    verdict: started.verdict,
                }
            }
            Err(denial) => {
                self.tell_refusal(now, task, denial, cx);
                self.denied(now, task, denial, cx)
            }
        }
    }

    /// A client gets an error instead of an answer.
    fn denied<O: Observer>(&mut self, now: SimTime, task: &Task, denial: Denial, cx: &mut Context<O>) -> Reply {
        match denial {
            Denial::Throttle(cause) => {
                self.retry_or_give_up(now, *task, Failure::Throttle, cx);
                Reply::Throttled(cause)
            }
            Denial::Refused(code) => {
                if code.is_transient() {
                    self.retry_or_give_up(now, *task, Failure::Transient, cx);
                } else {
                    self.end(now, task, Ending::Failed, StartKind::None, cx);
                }
                Reply::Rejected(code)
            }
        }
    }

    /// A client has waited for an answer as long as it cares to.
    pub fn read_timed_out<O: Observer>(&mut self, now: SimTime, task: Task, cx: &mut Context<O>) {
        self.retry_or_give_up(now, task, Failure::Timeout, cx);
    }

    /// The client's SDK decides (lambda-model §4.2). A sync retry is a new invocation with new draws (ALIAS-4).
    pub fn retry_or_give_up<O: Observer>(&mut self, now: SimTime, task: Task, failure: Failure, cx: &mut Context<O>) {
        let ending = if failure == Failure::Throttle {
            Ending::Throttled
        } else {
            Ending::Failed
        };
        self.retry_or_end(now, task, failure, ending, cx);
    }

    /// As above, where what the client sees is not why the arrival ends.
    pub fn retry_or_end<O: Observer>(
        &mut self,
        now: SimTime,
        task: Task,
        failure: Failure,
        ending: Ending,
        cx: &mut Context<O>,
    ) {
        let flow = &cx.flows[task.flow.index()];
        let jitter = || flow.key.draw(task.ordinal, task.attempt, Purpose::Jitter).first;
        let clients = &mut cx.clients[flow.traffic.index()];
        let decided = clients.failed(task.ordinal, task.attempt, failure, jitter, now);
        if clients.are_shared {
            cx.account.note_meeting();
        }
        let in_flight = &mut cx.account.in_flight;
        in_flight.clients_short |= in_flight.together && clients.remembers_success();
        if cx.observer.follows(task.flow, task.ordinal) {
            cx.observer.client_decided(&ClientRetry {
                time: now,
                flow: task.flow,
                ordinal: task.ordinal,
                attempt: task.attempt,
                failure,
                delay: decided.map(|(delay, _)| delay),
                longest: clients.longest_delay(failure, task.attempt),
                max_attempts: clients.max_attempts(),
                quota: clients.quota(task.ordinal, failure),
            });
        }
        match decided {
            Some((delay, cost)) => {
                let mut next = task.next_attempt();
                next.retry_cost = cost;
                self.wait(now.saturating_add(delay), next, Wake::Retry, cx);
            }
            None => self.end(now, &task, ending, task.start_kind, cx),
        }
    }

    /// The invocation of a synchronous caller is over. A 200 with a function error is a good answer to the SDK (SDK-2…5).
    pub fn answered<O: Observer>(&mut self, now: SimTime, finished: &Finished, cx: &mut Context<O>) {
        let task = &finished.task;
        let clients = &mut cx.clients[cx.flows[task.flow.index()].traffic.index()];
        if clients.remembers_success() && !task.abandoned {
            clients.succeeded(task.ordinal, task.retry_cost, now);
        }
    }

    /// Tells the final answer to an arrival.
    #[inline]
    pub fn end<O: Observer>(
        &self,
        time: SimTime,
        task: &Task,
        ending: Ending,
        start_kind: StartKind,
        cx: &mut Context<O>,
    ) {
        let call = task.call(&cx.flows[task.flow.index()]);
        cx.observer.ended(&Ended {
            call,
            time,
            ending,
            start_kind,
        });
    }
}
