//! Many rows at once, where a verb for each would take minutes: tests of what a large world reads.

use diesel::connection::SimpleConnection as _;
use tokendesk::ids::TaskId;

use super::World;

impl World {
    /// Doubles the tasks from `first` to `last`, which must be all there are, `times` times, with what stands with them and
    /// the enrollments in them; the numbers that are taken then, from `first` on. Users, emails and tokens stay as they are.
    pub fn multiply_tasks(&self, times: u32, first: TaskId, last: TaskId) -> i64 {
        let span = last.0 - first.0 + 1;
        for n in 0..times {
            let further = span << n;
            let double = |table: &str, changes: &str| {
                format!(
                    "CREATE TEMPORARY TABLE more AS SELECT * FROM {table}; UPDATE more SET {changes}; \
                     INSERT INTO {table} SELECT * FROM more; DROP TABLE more;"
                )
            };
            let all = [
                double("tasks", &format!("id = id + {further}")),
                double("task_containers", &format!("task_id = task_id + {further}")),
                double(
                    "enrollments",
                    &format!("id = id + (SELECT MAX(id) FROM enrollments), task_id = task_id + {further}"),
                ),
            ];
            self.desk.db.write(|conn| Ok(conn.batch_execute(&all.concat())?)).expect("the tasks are copied");
        }
        span << times
    }
}
