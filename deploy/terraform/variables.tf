variable "name" {
  description = "What everything is called."
  type        = string
  default     = "infinity"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,20}$", var.name))
    error_message = "Up to 21 small letters, digits and hyphens, beginning with a letter."
  }
}

variable "region" {
  description = "Where, such as eu-central-1."
  type        = string
}

# --- the network that is there already ---------------------------------------------------------------------------------

variable "vpc_id" {
  description = "The network."
  type        = string
}

variable "public_subnet_ids" {
  description = "For the balancer: at least two, in different zones."
  type        = list(string)

  validation {
    condition     = length(var.public_subnet_ids) >= 2
    error_message = "The balancer wants subnets in two zones or more."
  }
}

variable "private_subnet_ids" {
  description = "For nodes and database: at least two, with a way out (NAT) to Debian's mirrors."
  type        = list(string)

  validation {
    condition     = length(var.private_subnet_ids) >= 2
    error_message = "The database wants subnets in two zones or more."
  }
}

variable "private_route_table_ids" {
  description = "Route tables of the private subnets; they get the way to the package repository."
  type        = list(string)
}

# --- the site ----------------------------------------------------------------------------------------------------------

variable "site_url" {
  description = "The site's public address, https://hunt.example.org."
  type        = string

  validation {
    condition     = can(regex("^https://[a-z0-9.-]+$", var.site_url))
    error_message = "It begins with https:// and ends without a slash."
  }
}

variable "certificate_arn" {
  description = "The balancer's certificate for that name, from ACM."
  type        = string
}

variable "secret_key" {
  description = "SECRET_KEY: at least 32 random characters."
  type        = string
  sensitive   = true

  validation {
    condition     = can(regex("^[!-~]{32,}$", var.secret_key))
    error_message = "At least 32 printable characters, without spaces."
  }
}

variable "settings" {
  description = "Further settings of the program, by name; the README lists them."
  type        = map(string)
  default     = {}
  sensitive   = true

  validation {
    condition     = alltrue([for name, value in var.settings : can(regex("^[A-Z][A-Z0-9_]*$", name)) && can(regex("^[^\\n\\r]*$", value))])
    error_message = "Names in capitals, values of one line."
  }

  validation {
    condition = length(setintersection(keys(var.settings), [
      "SECRET_KEY", "DATABASE_URL", "REDIS_URL", "HOST", "PORT", "WEB_PROCESSES", "DB_POOL_SIZE", "TRUSTED_PROXIES",
      "SITE_URL", "DRAIN_FILE",
    ])) == 0
    error_message = "One of these is made here from a variable of its own."
  }
}

variable "webhook_url" {
  description = "The operators' chat, a webhook of Slack, Discord or their kind; empty: nobody is told."
  type        = string
  default     = ""
  sensitive   = true
}

# --- regions -----------------------------------------------------------------------------------------------------------

variable "regions" {
  description = "The gateways of a site with several regions, by the region's name: what `deploy/regions.py FILE tfvars` prints. Empty: the site's name is not made here."
  type        = map(object({ address = string, aws_region = string }))
  default     = {}

  validation {
    condition     = alltrue([for one in values(var.regions) : can(regex("^([0-9]{1,3}(\\.[0-9]{1,3}){3}|[a-z0-9-]+(\\.[a-z0-9-]+)+)$", one.address))])
    error_message = "An address is an IPv4 address or a host name."
  }

  validation {
    condition     = length(distinct([for one in values(var.regions) : one.aws_region])) == length(var.regions)
    error_message = "Two regions with the same aws_region are one to Route 53."
  }

  validation {
    condition     = length(var.regions) != 1
    error_message = "One region is none: leave it out."
  }
}

variable "zone_id" {
  description = "The Route 53 zone of the site's name; needed with regions."
  type        = string
  default     = ""

  validation {
    condition     = var.zone_id != "" || length(var.regions) == 0
    error_message = "With regions the site's name is made here, and that takes its zone."
  }
}

# --- nodes -------------------------------------------------------------------------------------------------------------

variable "image_id" {
  description = "A Debian 12 image with cloud-init: the release that the package is built for."
  type        = string
}

variable "instance_type" {
  description = "The kind of machine."
  type        = string
  default     = "t3.medium"
}

variable "min_nodes" {
  description = "Nodes on a quiet day; two, so that one may fail."
  type        = number
  default     = 2

  validation {
    condition     = var.min_nodes >= 2
    error_message = "With fewer than two nodes every update is an outage."
  }
}

variable "max_nodes" {
  description = "The most nodes that the autoscaling group may start."
  type        = number
  default     = 6

  validation {
    condition     = var.max_nodes >= var.min_nodes
    error_message = "There must be room for the nodes of a quiet day."
  }
}

variable "processes" {
  description = "WEB_PROCESSES of each node."
  type        = number
  default     = 2
}

variable "pool" {
  description = "DB_POOL_SIZE of each process."
  type        = number
  default     = 5
}

variable "repository_key_file" {
  description = "The package repository's public key: what `deploy/apt/repository.py create` wrote."
  type        = string
}

variable "packages_bucket" {
  description = "The bucket of the package repository; made here, filled by `deploy/apt/repository.py`."
  type        = string
}

# --- the database ------------------------------------------------------------------------------------------------------

variable "database_class" {
  description = "The kind of database machine."
  type        = string
  default     = "db.t4g.medium"
}

variable "database_password" {
  description = "The database's password: letters and digits, at least 20."
  type        = string
  sensitive   = true

  validation {
    condition     = can(regex("^[A-Za-z0-9]{20,}$", var.database_password))
    error_message = "At least 20 letters and digits: it stands inside an address."
  }
}

variable "max_connections" {
  description = "max_connections of PostgreSQL; the fleet has to fit in."
  type        = number
  default     = 150
}

variable "notify_package" {
  description = "The function that tells the chat: what `deploy/notify/pack.py` wrote."
  type        = string
  default     = "../../build/notify.zip"
}
