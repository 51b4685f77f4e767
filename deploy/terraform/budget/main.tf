# The budget of database connections, as deploy/budget.py reckons it: will a fleet of this size fit into what PostgreSQL
# allows? A plan for one that does not ends here, before a node is started. Needs no provider; a test compares both.

terraform {
  required_version = ">= 1.9"
}

variable "nodes" {
  description = "The most nodes that there may be, except during a rolling update."
  type        = number
}

variable "processes" {
  description = "WEB_PROCESSES of each node."
  type        = number
}

variable "pool" {
  description = "DB_POOL_SIZE of each process."
  type        = number
}

variable "spare" {
  description = "Nodes more than usual during a rolling update."
  type        = number
  default     = 1
}

variable "limit" {
  description = "max_connections of PostgreSQL."
  type        = number
}

variable "pooled" {
  description = "What a pooler in between opens at most (max_db_connections); 0: there is none."
  type        = number
  default     = 0
}

locals {
  reserved                  = 10
  direct_of_a_starting_node = 1
  direct_of_organisers      = 5

  asked_for = (var.nodes + var.spare) * var.processes * var.pool
  direct    = (var.nodes + var.spare) * local.direct_of_a_starting_node + local.direct_of_organisers
  held      = var.pooled > 0 ? min(local.asked_for, var.pooled) : local.asked_for
  most      = local.held + local.direct
  room      = var.limit - local.reserved - local.most
}

resource "terraform_data" "budget" {
  input = local.most

  lifecycle {
    precondition {
      condition     = local.room >= 0
      error_message = "The database does not allow so many connections: ${abs(local.room)} too many. Fewer nodes, processes or connections of each, or a larger max_connections."
    }
  }
}

output "most" {
  description = "Connections that PostgreSQL may see at the worst moment."
  value       = local.most
}

output "room" {
  description = "What is left of the limit."
  value       = local.room
}
